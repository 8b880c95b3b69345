"""Headers are read in the order in which somebody would look for them."""

from __future__ import annotations

import pytest

from ckptui.watch.header_queue import HeaderQueue


def test_what_is_on_screen_comes_first_then_the_newest() -> None:
    queue = HeaderQueue()
    for n in range(6):
        queue.put(f"{n}.pt", float(n))
    queue.prioritise(["1.pt", "3.pt", "elsewhere.pt"])
    queue.put("9.pt", 9.0)
    queue.drop("4.pt")
    queue.drop("never.pt")
    assert ("3.pt" in queue, "4.pt" in queue, len(queue)) == (True, False, 6)
    assert [queue.take() for _ in range(6)] == ["3.pt", "1.pt", "9.pt", "5.pt", "2.pt", "0.pt"]
    assert not queue
    with pytest.raises(IndexError):
        queue.take()


def test_one_that_comes_back_stands_where_it_belongs_now() -> None:
    queue = HeaderQueue()
    queue.put("a.pt", 9.0)
    queue.put("b.pt", 5.0)
    queue.drop("a.pt")
    queue.put("a.pt", 1.0)
    assert [queue.take(), queue.take()] == ["b.pt", "a.pt"]
