"""What is looked up once while an answer is made."""

from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

from app.store.moment import held, once


class Asked:
    def __init__(self):
        self.times = 0

    def __call__(self):
        self.times += 1
        return self.times


def test_outside_of_a_moment_everything_is_looked_up_each_time():
    asked = Asked()
    assert [once("key", asked), once("key", asked)] == [1, 2]


def test_within_a_moment_the_same_is_looked_up_once_even_nothing():
    asked = Asked()
    with held():
        assert [once("key", asked), once("key", asked), once("other", asked)] == [1, 1, 2]
        assert once("none", lambda: None) is None
        assert once("none", asked) is None
        with held():
            assert once("key", asked) == 1
        assert once("key", asked) == 1
    with held():
        assert once("key", asked) == 3


def test_a_thread_shares_the_moment_in_a_copy_of_the_context():
    asked = Asked()
    with held(), ThreadPoolExecutor(1) as beside:
        beside.submit(copy_context().run, once, "key", asked).result()
        assert once("key", asked) == 1
        assert beside.submit(once, "key", asked).result() == 2


def test_a_moment_ends_with_an_error():
    asked = Asked()
    try:
        with held():
            once("key", asked)
            raise ValueError
    except ValueError:
        assert once("key", asked) == 2
