using System.Buffers.Text;
using System.Text;

namespace PredMaint.Core.Readings;

/// <summary>
/// Wide JSON in the form that machines write it: ASCII without escapes, the known fields once each, decimal numbers
/// without exponents. Read in one pass, several times as fast as by a general reader, with the same values to the bit.
/// </summary>
internal static class PlainJson
{
    /// <summary>False says nothing about the value, only that it is to be read by the general reader.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> value, SensorIndex sensors, int maxSensors, Reading reading)
    {
        if (!Ascii.IsValid(value)) return false;
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
        var (count, guess) = (0, 0);
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

        /// <summary>A text without escapes and control characters.</summary>
        public bool TryText(out ReadOnlySpan<byte> content)
        {
            content = default;
            if (!Take('"')) return false;
            for (var end = at; end < text.Length; end++)
            {
                var c = text[end];
                if (c == '"')
                {
                    content = text[at..end];
                    at = end + 1;
                    return true;
                }
                if (c is < (byte)' ' or (byte)'\\') return false;
            }
            return false;
        }

        public bool TryNull(out float number)
        {
            number = float.NaN;
            if (!text[at..].StartsWith("null"u8)) return false;
            at += 4;
            return true;
        }

        /// <summary>A number without an exponent, rounded correctly to a float.</summary>
        public bool TryNumber(out float number)
        {
            SkipSpace();
            number = 0;
            var start = at;
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
            at = i;
            return count + scale <= ExactDigits && TryRound(digits, scale, isNegative, out number)
                || (Utf8Parser.TryParse(text[start..i], out number, out var used) && used == i - start && float.IsFinite(number));
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
            while (at < text.Length && text[at] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n') at++;
        }
    }
}
