from sempairs.study.protocols import merged


def test_few_words_are_named_and_other_sentences_stand_by_themselves():
    assert merged(["λ = 0.1 of 8", "λ = 0.3 of 8", "seed 0"]) == ["λ = 0.1 or 0.3 of 8", "seed 0"]


def test_many_numbers_are_a_range_with_what_stands_around_them():
    ways = [f"whitened (shrinkage {number}); all" for number in (0.2, 0.0007, 0.5, 0.01, 0.3)]
    assert merged(ways) == ["whitened (shrinkage 0.0007 to 0.5); all"]


def test_many_words_are_counted():
    assert merged([f"by {name}" for name in "abcdefg"]) == ["by a or b or c or d or one of 3 more"]
