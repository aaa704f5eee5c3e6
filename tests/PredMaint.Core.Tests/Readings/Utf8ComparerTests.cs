using CsCheck;
using PredMaint.Core.Readings;

namespace PredMaint.Core.Tests.Readings;

public class Utf8ComparerTests
{
    [Fact]
    public void Bytes_are_found_by_any_span_of_the_same_bytes_and_by_no_other() =>
        Gen.Select(Gen.Byte[0, 2].Array[0, 20].Array[1, 50], Gen.Byte[0, 2].Array[0, 20]).Sample((keys, other) =>
        {
            var set = new HashSet<byte[]>(keys, Utf8Comparer.Instance);
            var spans = set.GetAlternateLookup<ReadOnlySpan<byte>>();
            Assert.Equal(keys.Select(Convert.ToHexString).Distinct().Count(), set.Count);
            foreach (var key in keys)
            {
                Assert.Contains([.. key], set);
                Assert.True(spans.Contains(new byte[] { 9, 0 }.Concat(key).ToArray().AsSpan(2)));
            }
            Assert.Equal(keys.Any(k => k.SequenceEqual(other)), spans.Contains(other));
        });

    [Fact]
    public void Ids_that_count_up_hardly_collide()
    {
        var hashes = Enumerable.Range(0, 100_000).Select(i => Utf8Comparer.Instance.GetHashCode(System.Text.Encoding.UTF8.GetBytes($"machine-{i:000000}"))).Distinct().Count();
        // Random 32-bit numbers would collide once or twice.
        Assert.InRange(hashes, 99_900, 100_000);
    }
}
