"""What keeps an entry alive, and who shares it: the cases that only several calls show."""

from analyzer.trace import Tokens
from tests.lost.worked import AGAIN, ASK, BARE, OPUS, RULES, lost, plain, reasons, twice, written
from tests.replay.log_builder import NOON_US, SECOND_US, Block, Log

READ = Tokens(uncached=100, read=5_000, write_5m=0, write_1h=0, output=1)


def test_a_read_keeps_the_life_the_entry_was_written_with() -> None:
    log = Log()
    log.call(0, [Block("rules", 5_000, "system", ttl="1h"), ASK], written(5_000, life="1h"))
    log.call(60, [RULES, AGAIN], READ)
    log.call(2_000, [RULES, Block("third", 100)], written(5_000))
    assert list(reasons(lost(log.calls))) == ["unlogged"]


def test_a_read_renews_an_entry_where_no_mark_of_the_reader_stands() -> None:
    log = Log()
    first = [BARE, Block("ask", 100, ttl="5m")]
    log.call(0, first, written(5_100, 0))
    second = Tokens(uncached=0, read=5_100, write_5m=100, write_1h=0, output=1)
    log.call(200, [BARE, ASK, Block("left", 100, ttl="5m")], second)
    log.call(450, [BARE, ASK, Block("right", 100, ttl="5m")], written(5_200, 0))
    assert list(reasons(lost(log.calls))) == ["unlogged"]


def test_of_two_writers_the_first_to_answer_makes_the_entry_readable() -> None:
    log = Log()
    for at_s in (0, 5, 12):
        log.call(at_s, [RULES, Block(f"ask {at_s}", 100)], written(5_000))
    # the third starts after the first answer (10 s) and before the second (15 s)
    found = {reason: row[0] for reason, row in reasons(lost(log.calls)).items()}
    assert found == {"concurrent cold start": 1, "unlogged": 1}


def test_message_parameters_leave_the_system_prompt_alone() -> None:
    assert list(reasons(lost(twice(60, {}, {"message_params": b"tool choice"})))) == ["unlogged"]


def test_marks_that_the_bill_does_not_honour_write_no_entry_that_could_expire() -> None:
    bare = {"tokens": plain(5_100)}
    assert list(reasons(lost(twice(400, bare, bare)))) == ["unlogged"]


def test_other_models_of_another_workspace_are_no_switch() -> None:
    log = Log()
    other = Block("others", 5_000, "system", ttl="5m")
    log.call(0, [RULES, ASK], written(5_000), workspace="one")
    log.call(1, [Block("mine", 5_000, "system", ttl="5m"), ASK], written(5_000), model=OPUS)
    log.call(2, [other, ASK], written(5_000), workspace="two")
    log.call(60, [RULES, AGAIN], written(5_000), workspace="two", model=OPUS)
    assert reasons(lost(log.calls)) == {}


def test_calls_that_run_side_by_side_replace_nothing() -> None:
    log = Log()
    begun = NOON_US + SECOND_US
    log.call(0, [Block("one", 5_000, ttl="5m")], written(5_000, 0), session="s", first_us=begun)
    log.call(5, [Block("two", 5_000, ttl="5m")], written(5_000, 0), session="s")
    assert reasons(lost(log.calls)) == {}


def test_a_conversation_that_goes_on_replaces_no_question_beside_it() -> None:
    log = Log()
    log.call(0, [Block("turn", 5_000, ttl="5m")], written(5_000, 0), session="s")
    log.call(20, [Block("side", 9_000, ttl="5m")], written(9_000, 0), session="s")
    going_on = Tokens(uncached=0, read=5_000, write_5m=6_000, write_1h=0, output=1)
    log.call(60, [Block("turn", 5_000), Block("next", 6_000, ttl="5m")], going_on, session="s")
    assert reasons(lost(log.calls)) == {}
