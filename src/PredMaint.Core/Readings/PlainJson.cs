using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Numerics;

namespace PredMaint.Core.Readings;

/// <summary>
/// Wide JSON in the form that machines write it: one line of ASCII without escapes, the known fields once each, decimal numbers
/// without exponents. Read in one pass, several times as fast as by a general reader, with the same values to the bit.
/// </summary>
internal static class PlainJson
{
    /// <summary>Printable ASCII that begins no escape: nothing else is looked for afterwards.</summary>
    private static readonly SearchValues<byte> Plain = SearchValues.Create([.. Enumerable.Range(' ', '~' - ' ' + 1).Where(c => c != '\\').Select(c => (byte)c)]);

    /// <summary>False says nothing about the value, only that it is to be read by the general reader.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> value, SensorIndex sensors, int maxSensors, Reading reading)
    {
        if (value.ContainsAnyExcept(Plain)) return false;
        var text = new Cursor(value);
        var (hasTime, hasValues) = (false, false);
        if (!text.Take('{')) return false;
        do
        {
            if (!text.TryText(out var name) || !text.Take(':')) return false;
            if (name.SequenceEqual("values"u8))
            {
                if (hasValues || !TryValues(ref text, sensors, maxSensors, reading.Values)) return false;
                hasValues = true;
            }
            else if (name.SequenceEqual("timestamp"u8))
            {
                if (hasTime || !TryTime(ref text, reading)) return false;
                hasTime = true;
            }
            else if (!name.SequenceEqual("machineId"u8) || !text.TryText(out var id) || !id.SequenceEqual(reading.Key)) return false;
        }
        while (text.Take(','));
        return text.Take('}') && text.IsAtEnd && hasTime && hasValues;
    }

    private static bool TryTime(ref Cursor text, Reading reading)
    {
        if (!text.TryText(out var time) || time.Length > WideJsonDecoder.MaxTimestampBytes || !Rfc3339.TryParse(time, out var timeUs)) return false;
        reading.TimeUs = timeUs;
        return true;
    }

    private static bool TryValues(ref Cursor text, SensorIndex sensors, int maxSensors, float[] values)
    {
        if (!text.Take('{')) return false;
        if (text.Take('}')) return true;
        var guess = text.TakeUsual(sensors, maxSensors, values);
        var count = guess;
        do
        {
            if (!text.TryText(out var name) || !text.Take(':') || ++count > maxSensors) return false;
            if (!text.TryNumber(out var number) && !text.TryNull(out number)) return false;
            var sensor = sensors.Find(name, guess);
            if (sensor < 0) continue;
            values[sensor] = number;
            guess = sensor + 1;
        }
        while (text.Take(','));
        return text.Take('}');
    }

    /// <summary>A place in the text; white space is skipped before whatever is taken.</summary>
    private ref struct Cursor(ReadOnlySpan<byte> text)
    {
        /// <summary>A whole number of so many digits is exact as a double.</summary>
        private const int ExactDigits = 15;

        /// <summary>Up to here whole numbers are exact as floats, and so are the powers of ten below 1e11.</summary>
        private const ulong ExactFloat = 1 << 24;

        /// <summary>The bits of a double that a float has not.</summary>
        private const ulong Below = (1UL << 29) - 1;

        private static readonly float[] FloatPowersOfTen = [1, 1e1f, 1e2f, 1e3f, 1e4f, 1e5f, 1e6f];

        private static readonly double[] PowersOfTen = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

        private readonly ReadOnlySpan<byte> text = text;
        private int at;

        public bool IsAtEnd
        {
            get
            {
                SkipSpace();
                return at == text.Length;
            }
        }

        public bool Take(char token)
        {
            SkipSpace();
            if (at >= text.Length || text[at] != token) return false;
            at++;
            return true;
        }

        public bool TryText(out ReadOnlySpan<byte> content)
        {
            content = default;
            if (!Take('"')) return false;
            var length = text[at..].IndexOf((byte)'"');
            if (length < 0) return false;
            content = text.Slice(at, length);
            at += length + 1;
            return true;
        }

        public bool TryNull(out float number)
        {
            number = float.NaN;
            if (!text[at..].StartsWith("null"u8)) return false;
            at += 4;
            return true;
        }

        /// <summary>
        /// Takes values as long as they stand in the sensors' order, without white space, decimal fractions of at most seven
        /// characters, each with a comma behind it; so it takes most readings but for their last value.
        /// </summary>
        /// <returns>How many it took.</returns>
        /// <remarks>Eight characters at once, and no branch that depends on a number's digits or sign.</remarks>
        public int TakeUsual(SensorIndex sensors, int most, float[] values)
        {
            var here = at;
            var taken = 0;
            for (; taken < Math.Min(most, sensors.Count); taken++)
            {
                var label = sensors.Label(taken);
                var start = here + label.Length;
                if (label.IsEmpty || start >= text.Length - sizeof(ulong) || !text[here..].StartsWith(label)) break;
                var minus = text[start] == '-' ? 1 : 0;
                start += minus;
                // A digit is now its value, a byte each, the first one lowest; what is none is more than 9.
                var characters = BinaryPrimitives.ReadUInt64LittleEndian(text[start..]) ^ 0x3030_3030_3030_3030;
                var others = (characters + 0x7676_7676_7676_7676) & 0x8080_8080_8080_8080;
                var point = BitOperations.TrailingZeroCount(others) & ~7;
                var end = BitOperations.TrailingZeroCount(others & (others - 1)) & ~7;
                if (end == 64 || point == 0 || end == point + 8 || (byte)(characters >> point) != ('.' ^ '0')) break;
                if ((byte)(characters >> end) != (',' ^ '0') || (point > 8 && (byte)characters == 0)) break;
                var whole = (1UL << point) - 1;
                var digits = Join(((characters & whole) | ((characters >> 8) & ~whole)) << (72 - end));
                var number = digits / FloatPowersOfTen[(end - point) / 8 - 1];
                values[taken] = BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(number) | (minus << 31));
                here = start + end / 8 + 1;
            }
            at = here;
            return taken;
        }

        /// <summary>The number of eight digits, a byte each, the first one lowest: neighbours are joined to pairs, those to fours, those to all.</summary>
        private static int Join(ulong digits)
        {
            digits = (digits * 10 + (digits >> 8)) & 0x00FF_00FF_00FF_00FF;
            digits = (digits * 100 + (digits >> 16)) & 0x0000_FFFF_0000_FFFF;
            return (int)(digits * 10_000 + (digits >> 32));
        }

        /// <summary>A number without an exponent, rounded correctly to a float.</summary>
        public bool TryNumber(out float number)
        {
            SkipSpace();
            number = 0;
            var isNegative = at < text.Length && text[at] == '-';
            var i = isNegative ? at + 1 : at;
            ulong digits = 0;
            var whole = i;
            for (; i < text.Length && (uint)(text[i] - '0') <= 9; i++) digits = digits * 10 + text[i] - '0';
            var count = i - whole;
            if (count == 0 || (count > 1 && text[whole] == '0')) return false;
            var scale = 0;
            if (i < text.Length && text[i] == '.')
            {
                var point = ++i;
                for (; i < text.Length && (uint)(text[i] - '0') <= 9; i++) digits = digits * 10 + text[i] - '0';
                scale = i - point;
                if (scale == 0) return false;
            }
            if (i < text.Length && text[i] is (byte)'e' or (byte)'E') return false;
            var written = text[at..i];
            at = i;
            return count + scale <= ExactDigits && TryRound(digits, scale, isNegative, out number)
                || (Utf8Parser.TryParse(written, out number, out var used) && used == written.Length && float.IsFinite(number));
        }

        /// <summary>
        /// One division of two exact numbers is rounded correctly. Rounding twice, to double and to float, is not where
        /// the double lies at the middle between two floats: then false.
        /// </summary>
        private static bool TryRound(ulong digits, int scale, bool isNegative, out float number)
        {
            if (digits <= ExactFloat && scale <= 10) number = (float)digits / (float)PowersOfTen[scale];
            else
            {
                var exact = digits / PowersOfTen[scale];
                var below = BitConverter.DoubleToUInt64Bits(exact) & Below;
                number = (float)exact;
                // Subnormal floats have fewer bits; no number of 15 digits without an exponent is so small.
                if (below is >= Below / 2 and <= Below / 2 + 2) return false;
            }
            if (isNegative) number = -number;
            return true;
        }

        private void SkipSpace()
        {
            while (at < text.Length && text[at] == ' ') at++;
        }
    }
}
