using System.Globalization;

namespace PredMaint.Core.Readings;

/// <summary>RFC 3339 timestamps (<c>2026-01-17T19:33:20.125+01:00</c>) to microseconds since 1970, without allocation.</summary>
public static class Rfc3339
{
    public const long MinUs = -62_135_596_800_000_000;
    public const long MaxUs = 253_402_300_799_999_999;

    private const int DateTimeLength = 19;

    /// <summary>False where the text is no date and time with an offset. Digits beyond the microsecond are cut off.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out long timeUs)
    {
        timeUs = 0;
        if (text.Length < DateTimeLength + 1 || text[4] != '-' || text[7] != '-' || text[13] != ':' || text[16] != ':'
            || text[10] is not ((byte)'T' or (byte)'t' or (byte)' ')) return false;
        var (year, month, day) = (Digits(text, 0, 4), Digits(text, 5, 2), Digits(text, 8, 2));
        var (hour, minute, second) = (Digits(text, 11, 2), Digits(text, 14, 2), Digits(text, 17, 2));
        if (year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month)) return false;
        // Second 60 is a leap second (RFC 3339, 5.7); it counts as the next minute's first, as POSIX time has none.
        if (hour is < 0 or > 23 || minute is < 0 or > 59 || second is < 0 or > 60) return false;
        if (!TryFraction(text[DateTimeLength..], out var fractionUs, out var used)) return false;
        if (!TryOffset(text[(DateTimeLength + used)..], out var offsetMinutes)) return false;
        var days = new DateOnly(year, month, day).DayNumber - 719_162L;
        timeUs = ((days * 1440 + hour * 60 + minute - offsetMinutes) * 60 + second) * 1_000_000 + fractionUs;
        return timeUs is >= MinUs and <= MaxUs;
    }

    /// <summary>In UTC, with as many decimals as are needed. Never throws: what a calendar cannot say (a record's own timestamp may be any number) is its nearest end.</summary>
    public static string Format(long timeUs) =>
        DateTime.UnixEpoch.AddTicks(Math.Clamp(timeUs, MinUs, MaxUs) * 10).ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture);

    private static bool TryFraction(ReadOnlySpan<byte> text, out long us, out int used)
    {
        us = 0;
        used = 0;
        if (text.IsEmpty || text[0] != '.') return true;
        var scale = 100_000;
        for (used = 1; used < text.Length && text[used] is >= (byte)'0' and <= (byte)'9'; used++, scale /= 10)
            us += (text[used] - '0') * scale;
        return used > 1;
    }

    private static bool TryOffset(ReadOnlySpan<byte> text, out int minutes)
    {
        minutes = 0;
        if (text.Length == 1) return text[0] is (byte)'Z' or (byte)'z';
        if (text.Length != 6 || text[3] != ':' || text[0] is not ((byte)'+' or (byte)'-')) return false;
        var (h, m) = (Digits(text, 1, 2), Digits(text, 4, 2));
        if (h is < 0 or > 23 || m is < 0 or > 59) return false;
        minutes = (h * 60 + m) * (text[0] == '-' ? -1 : 1);
        return true;
    }

    /// <summary>The number, or -1000 where a character is no digit.</summary>
    private static int Digits(ReadOnlySpan<byte> text, int start, int count)
    {
        var number = 0;
        foreach (var c in text.Slice(start, count))
        {
            if (c is < (byte)'0' or > (byte)'9') return -1000;
            number = number * 10 + c - '0';
        }
        return number;
    }
}
