import numpy as np
import pytest

from analyzer.errors import SpeculativeError
from analyzer.speculative.noise import gumbel, table
from tests.speculative.table_models import chi_square_chance


def test_noise_is_fixed_by_seed_and_position() -> None:
    np.testing.assert_array_equal(gumbel(3, 7, 100), gumbel(3, 7, 100))
    assert not np.array_equal(gumbel(3, 7, 100), gumbel(3, 8, 100))
    assert not np.array_equal(gumbel(3, 7, 100), gumbel(4, 7, 100))
    np.testing.assert_array_equal(gumbel(3, 7, 200)[:100], gumbel(3, 7, 100))


def test_noise_is_the_one_of_philox_4x64() -> None:
    # -log(-log(u)) with u = (word // 4096 + 1/2) / 2^52 and the words of numpy's own generator
    words = np.random.Philox(key=(7 << 64) | 3).random_raw(4)
    by_hand = [-np.log(-np.log((int(word) // 4096 + 0.5) / 2**52)) for word in words]
    np.testing.assert_allclose(gumbel(3, 7, 4), by_hand, rtol=1e-15)


def test_a_table_holds_the_rows_of_its_positions() -> None:
    rows = table(5, [9, 2], 6)
    assert rows.shape == (2, 6)
    np.testing.assert_array_equal(rows[1], gumbel(5, 2, 6))


def test_noise_is_finite_and_has_gumbels_mean_and_variance() -> None:
    noise = table(1, range(20), 5_000)
    assert np.isfinite(noise).all()
    # mean = Euler's constant, variance = pi^2 / 6; 100,000 values: standard error 0.004
    assert noise.mean() == pytest.approx(0.5772, abs=0.016)
    assert noise.var() == pytest.approx(np.pi**2 / 6, abs=0.04)


def test_the_largest_sum_of_logit_and_noise_has_the_softmax_distribution() -> None:
    shares = np.array([0.5, 0.25, 0.15, 0.1])
    chosen = np.argmax(np.log(shares) + table(11, range(8_000), 4), axis=1)
    counts = [float(count) for count in np.bincount(chosen, minlength=4)]
    assert chi_square_chance(counts, [8_000 * float(share) for share in shares]) > 1e-3


def test_a_seed_outside_64_bits_is_refused() -> None:
    with pytest.raises(SpeculativeError, match="seed -1 does not fit 64 bits"):
        gumbel(-1, 0, 4)
    with pytest.raises(SpeculativeError, match="position 18446744073709551616"):
        gumbel(0, 2**64, 4)
