"""Names of the good files, apart from their writer, so that the tests need not import torch.

test_good.py holds the two to each other.
"""

from __future__ import annotations

VALUES = """
    bare_tensor big_numbers buffer_parameter bytes channels_last collections conjugate
    contains_itself dataclass deep device_and_size dict_version dtypes empty_dict
    empty_list empty_tensor enum_and_path floats foreign_version full ids_as_keys
    int_version lightning_like long_list many_storages_sorting many_tensors meta
    named_tuple namespace negative_view nothing number numpy_arrays numpy_big
    numpy_scalars own_version parameter quantised quantised_4bit random_states
    reversed_offset scalar_tensor sets sgd shared_storage state_dict strided_view
    tensor_list tensor_tuple tensor_with_attributes text tied times two_tensors view
    zero_sized
""".split()  # noqa: SIM905  (readable)
"""Saved as they are; the table must be what the writer knows."""

UNCOMPARED = """
    enum_key nested_tensor odd_keys quantised_channel slotted sparse_bsr sparse_coalesced
    sparse_coo sparse_csc sparse_csr storage unicode_keys whole_module
""".split()  # noqa: SIM905  (readable)
"""Likewise, but with other rows on purpose: parts, or keys that are no plain text."""

SPECIAL = """
    beyond_4_gib buffer cuda_location exported larger_than_a_window legacy_2 legacy_3
    legacy_4 legacy_5 legacy_bf16 legacy_many legacy_module legacy_no_tensor legacy_views
    many_records_large no_suffix_root non_ascii_root numpy_npz numpy_npz_compressed
    old_writer other_alignment packaged protocol_1 protocol_2 protocol_3 protocol_4
    protocol_5 renamed repacked restored safetensors safetensors_empty torchscript
    torchscript_extra without_checksums without_data
""".split()  # noqa: SIM905  (readable)
"""Written in special ways, or in other formats."""

GOOD = sorted({*VALUES, *UNCOMPARED, *SPECIAL})
