"""Small files by the real writers of formats that this project does not depend on, packed.

By gguf 0.19.0 (GGUFWriter, two byte orders and two alignments) and h5py 3.16.0 (superblocks of
version 0, 2 and 3, behind a user block, and of a writer that was killed), and joblib 1.6.0.
"""

from __future__ import annotations

import base64
import zlib
from typing import Final


def unpack(name: str) -> bytes:
    """The bytes of one of the files."""
    return zlib.decompress(base64.b85decode("".join(PACKED[name])))


PACKED: Final[dict[str, tuple[str, ...]]] = {
    "gguf_little": (
        "c-rlg-A=+l5QVq21vFl2;w6_}H88_(VgfM=Pv8R-SW9DDVy*G#Mjy>bV_SCZ0ULb)m}Ii&>`r&SG_$kW{nQphIAR",
        "-hy`JkekcmwF$n(?1D$L{}dr4(e?YsIsiu~9=+bd4|xF|B0W?}MfYyIXuY<ql<%dL4sE!Kr8Uq8wu{E(>^1aagQ_",
        "W48|<ab`_BBv~FgYJMP&<wf@x(B)sdH{L|dgMZ{Hku9^Lc?gfXnJV+Xa;D8Xpn%AfRKQYfRKQYfRKQYfRKQYfRKQ",
        "ZfRTWafRTWafRTWafRTWafJgP8(Fv2Rn2r4SRFq+<tf@4^?dsuf=s7a;l!x!V$}m`EdHqE1+2VJY`nj&R^nIqE`N",
        "({`UM?+oE0-!;_U=_r6|Eg;H>u*-iLdc7k9oK$uGPc25x3$_Oe>y;RkNKxUQe_2`A-~H#s2@<0PSRed;",
    ),
    "gguf_big": (
        "c-rlgO-{ow5QV2r+N6jjNGw^hvRb=;NJvE$v?t&IZfnx0`H_MVg%wBRXv8pXo)DaXj%3Yyo{9ZM8ZVa*3nB{WJAC",
        "ePK1)ntDxC>kt+%N)Yx`W8dOzlRC(CrM*_`_3Lg&~N+O&A}7wpBOJAd{;)NHNl6t&o&+j3`$^vzTvN%Bm5*{8bDg",
        "EOxVXP3J^=mBU6T7e#d9)TW%o`9Z$zV<)v?&_l%ppj@4njxAInlYLQnkgD2kVqhrKq7%e0*M3?2_zCoB#=lTkw77",
        "VLIQ;Z3JDYvC?rrwppZZzf${|1y+{k|XQRWrC!F0twRxyRuDijGc#eA97i;li(qwD7-^J~Z2Z0f<ntngDQKJu^1m",
        "$J}E$;dYu3Y+_+52%F*Z*BaH}zYa(;eN@;+MBZt#%O7-|-2S&irf",
    ),
    "gguf_aligned_64": (
        "c-rlg-%7(U6vmUbt5duY6uk7(tFk5g3&KQndjcOI+hP}NGprT=+_*>c(QImBKg&R-m)n6uzb`pSew1@2liRUR2no",
        "nn?Ah<J{l-$uOeB%WW($?eS^kvCX0hI|`$-~Faa1o(RIF2}b93uuk%zScEz<H9_iC>6t8ev7bQhN5V^l3o4HrFe<",
        ";#1i)tk(sI8KwOw2%A6hPm_H76nyt3v?Sa1I<BqKzBj+K=(lpKo1-6RtrrV4MW4xbkKCs^w9Lt4A39}Ljr~b3<($",
        "#FeG3|z>t6;0Yd_Y1RM!C5^yBoNWhVRBLPPOjszSD_%Qr#9i{WKH_Y|{se%^i73sR)?1y#&Odq*^G9jX8sp3WM*?",
        "uPWTs>U<)Yem&C<=$%+2wprVVF+M_5RPR9@ab^z;mm09Gk>yw98#?Z<32*uCB;6xgp~}j1Tqv;2+c1JbV8owyR>(",
        "|Mv;%IEVc",
    ),
    "hdf5_v0": (
        "c-rgqaB<`1lHy_j0S*oZ76t(ZWbhvf8aPn-F!=;1%?PDCp!5nRm^d?7P68?}05!jY6~YgIiiZTbx`I^yM*}c>3|J",
        "sE2g4{BiNM3v5u8*a;OPhgPB5XWD@RL@9u(Tk$iNCQixI}xfY3}30cf(sNizdeK1ijYf;}|tIxv`UGno8mhRCx5M",
        "M3gROb`P(pgDz^5th^&&|Fk8pz#pw=kLPE0CyaN0`q9vBnJpWQ!sjY$-`g(O=nC%HU~o@EWL9uz|#+M`eqyr%27Z",
        "u_+UR!Gyt{FL%s",
    ),
    "hdf5_v2": (
        "c-rgqaB<`1lHy|G;9!7(|4`5X6*7Q|N4*k%>+j(b#Kcg+B!sLG2Dq3Q7#SGYco={bWBF#NHc=r47EHA~$_xz53``",
        "6>Ajw1q0iazF>l}cBAOoO)n*kX(Eu4}Jb^_1>MimAICMHHk7N{I9npuQ_QBc7iZoCOMgUNqp1_oB3Yniz?fIeYng",
        "i10rz${w8FzCT!T{&)sQ7{Td!6+C7qkw$y!G54<08a2r)B",
    ),
    "hdf5_v3": (
        "c-rgqaB<`1lHy|K;9!7(|4`5X6*7Q|-|?Ni)!)M<h>4+sNeEdX3~(_qFfuT(@h|`>#`4WjZK6U9ESPF}lo=S98JH",
        "M&K$3|J0zkVU);RzLK?XnpHv=+oS~w*c>;#|%j4BKaOiYZ7EKoUIG_wc;qo9I4+;|gi29y8H3=FJ5*D`Z)0DZ#D2",
        "$f`LfLXMFVbFuex^mnMqhJ(_f>AIEMgjTYgZ)6!0IfJn{r",
    ),
    "hdf5_user_block": (
        "c-rmKF$%&k6b9fwNtM!8(4rs?BIqhObgxK}Zh|)u520gMcir^};^2W?9lU|2Z7Pa5IVkdf%cFU(c`qaY5fKp)5fK",
        "snyHy;GD^AN%whdJCwX2ad^Y4MF-5)pSNgPcjmePMLEI1MZD0|RBEDq+kh7aqt*6RWa5?-2|p{m>4S@}>erW+XU)",
        "3~GEdY+A-8;Bktr4W|My^E?2QR{^F?E@FVRRJYEt#WLA5+zI$NzrKg`&W1Bw_QG9A|m?0CHz*r0kJSlmH",
    ),
    "hdf5_left_open": (
        "c-rgqaB<`1lHy|K;9zBdg8xvUzyaYKK*iY@e%ASWxCAjVR4@r4D}(_qCI&{JG9CsX#aO->W}XKF)xg9X@BG0|09w",
        "E(!oa}9$jHb7m4ngDA`Faz3ib>T*E=wna5I?vXJ%kv1-g!ziv#F#W=5zag96Op4GcpLFrD8g$1n;;!6+C7qhJ(}4",
        "?fuAq5;!LENl",
    ),
    "joblib_arrays": (
        "c-rllO-sW-5QdXBp{a`24@40>*GmuL!Glnw;K9Wl1o0R)ZR%E&bjb%L2caIU73Svj7y1YM2X)i5D)s8Y!wk$mv+T",
        "_7yVrMUOy0F39<dHaoOlvh1@r;J_I=;=du}641DQFp*M9IlgiSl&o<|YSZX+(G7vUQoJz+j>#i`r&c^o5{vnhm1*",
        "x`AvY63GBTzbe3+0IDq`cX#>gWghgC&|=_s4gniUFx3V>-Yt)vChh%pP_Brms1t9g=q=8u)=-6KX8J8OB};Np>+1",
        "1!~Nb}7<gggxLM-G$ZDypPm8a9G>Jqakw_#Gi9{liNF)-8#Q(_2)!eNEy^F#ud^cf<Rk6lQW{gm*gMNXcCbpo|J^",
        "41!#O`nVOze%te(sA^r;E_EVe>C@()!YyEbA>jE45;y(0X&cq?K9BVAfBSWu=eLuX9zlRi=$kniYAh",
    ),
    "joblib_objects": (
        "c-oav%Sr<=6m9yTrPfCgRPYDtX4Wo*BHbAn!Hp{!l4&%fnFpB+bwHsmiY?rYc>8aDhJR2qGZuW{!n;WB4d<MDPNv",
        "P}Tdk@`8~}+Cc5h>@0`5dvnB-m(_;*Sm^xa}S)tcp(nk9+Q_=-nQSg<;2#(l-o6rokJ5Zck06<7;`Rw`K{kTzzvk",
        "M-D6fsAZFHo1M5opooi_48v~%%AZB2ebj?0bSQUTiGfPIyA_k%an>IUKp|j7jRhlEVp?~1vgPBBIEJgh!p8g#;2|",
        "2%V$K`E5VNE$67dHrc6+|gr28`A4jRtnQuzdzk|@)3`c}x<&G42WaEF{7gq%n$UVBkj?R*<oskL3X7!)4ExU4qHm",
        "&@o+>+a}5B2MB(kDNpYgS9{&*edpx3~IImHPYeuRC)-0Gz+f<N",
    ),
    "joblib_compressed": (
        "c-jHa05Jb}UTa{PdYJ(NVyE;7XXPj5WG3n5mF5;y#usEJXXm6&=@Ik;aUF|_5-Y=t5(^4ai>6GTqS-j5c8W$1M{#",
        "LVa!z7#@su7`u&yaR?0G4PAhke6J*>qUi3O=syyaSf?EIn>pw=EnXCOPJq!K8e!46{q)iR}7OzG@spAs}h!<)H>(",
        "PoODpP$!%AOI8I3?);NdbkpEa`MaLb8{05rgZd3L);0rEj}?PGd(XiHLoN-sj?)sc#5|`X%gdqh}S;Yj}$sl4*)j",
        "mfV-qXTj>",
    ),
}
