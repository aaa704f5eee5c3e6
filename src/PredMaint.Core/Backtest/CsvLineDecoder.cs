using System.Buffers.Text;
using System.Text;
using PredMaint.Core.Readings;

namespace PredMaint.Core.Backtest;

/// <summary>
/// One line of a CSV file of readings: <c>machineId,timestamp,SENSOR,...</c>, with a header, optionally a column
/// <c>recordTime</c>. An empty cell, null or NaN is a missing value. Cells may be quoted (RFC 4180), not span lines.
/// </summary>
public sealed class CsvLineDecoder
{
    private const int Ignored = -1;
    private const int MachineId = -2;
    private const int Timestamp = -3;
    private const int RecordTime = -4;

    // Spreadsheets begin their files with it.
    private static ReadOnlySpan<byte> ByteOrderMark => "\uFEFF"u8;

    private readonly int[] columns;
    private byte[] cell = new byte[256];

    /// <param name="header">The file's first line.</param>
    /// <exception cref="FormatException">A column machineId or timestamp is missing, or one is there twice.</exception>
    public CsvLineDecoder(ReadOnlySpan<byte> header, SensorIndex sensors)
    {
        var names = new List<string>();
        var rest = header.StartsWith(ByteOrderMark) ? header[ByteOrderMark.Length..] : header;
        var more = true;
        while (TryCell(ref rest, ref more, out var name)) names.Add(Encoding.UTF8.GetString(name).Trim());
        foreach (var needed in (string[])["machineId", "timestamp"])
            if (!names.Contains(needed)) throw new FormatException($"the header has no column {needed}; it has {string.Join(", ", names)}");
        if (names.GroupBy(n => n, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new FormatException($"the header has the column {twice.Key} twice");
        columns = [.. names.Select(n => n switch { "machineId" => MachineId, "timestamp" => Timestamp, "recordTime" => RecordTime, _ => Math.Max(Ignored, sensors.Find(n)) })];
    }

    public void Decode(ReadOnlySpan<byte> line, Reading reading)
    {
        FindKey(line, reading);
        reading.KeepValue(line, isNull: false);
        if (line.IsEmpty) reading.Fail(Fault.Empty, "empty line");
        // Lines end in CR LF (RFC 4180) or LF.
        var rest = line.TrimEnd((byte)'\r');
        var more = true;
        var at = 0;
        for (; TryCell(ref rest, ref more, out var text); at++)
            if (at < columns.Length) Take(columns[at], text.Trim((byte)' '), reading);
        if (at != columns.Length) reading.Fail(Fault.Values, $"{at} cells, the header has {columns.Length}");
    }

    private void FindKey(ReadOnlySpan<byte> line, Reading reading)
    {
        var rest = line.TrimEnd((byte)'\r');
        var more = true;
        for (var at = 0; TryCell(ref rest, ref more, out var text) && at < columns.Length; at++)
        {
            if (columns[at] != MachineId) continue;
            WideJsonDecoder.DecodeKey(text.Trim((byte)' '), isNull: false, reading);
            return;
        }
        WideJsonDecoder.DecodeKey([], isNull: true, reading);
    }

    private static void Take(int column, ReadOnlySpan<byte> text, Reading reading)
    {
        switch (column)
        {
            case Ignored or MachineId: return;
            case Timestamp:
                if (TryTime(text, out var timeUs)) reading.TimeUs = timeUs;
                else reading.Fail(Fault.Timestamp, "timestamp is neither RFC 3339 with an offset nor milliseconds since 1970");
                return;
            case RecordTime:
                if (TryTime(text, out var recordTimeUs)) reading.RecordTimeUs = recordTimeUs;
                return;
            default:
                if (text.IsEmpty || text.SequenceEqual("null"u8) || text.SequenceEqual("NaN"u8)) return;
                if (Utf8Parser.TryParse(text, out float value, out var used) && used == text.Length && float.IsFinite(value)) reading.Values[column] = value;
                else reading.Fail(Fault.Values, $"\"{Encoding.UTF8.GetString(text)}\" is no finite number");
                return;
        }
    }

    private static bool TryTime(ReadOnlySpan<byte> text, out long timeUs)
    {
        if (Rfc3339.TryParse(text, out timeUs)) return true;
        var isNumber = Utf8Parser.TryParse(text, out long ms, out var used) && used == text.Length && ms is >= Rfc3339.MinUs / 1000 and <= Rfc3339.MaxUs / 1000;
        timeUs = isNumber ? ms * 1000 : 0;
        return isNumber;
    }

    /// <summary>Takes the next cell off the line; a line's end after a comma is one more, empty, cell.</summary>
    private bool TryCell(ref ReadOnlySpan<byte> rest, ref bool more, out ReadOnlySpan<byte> text)
    {
        text = default;
        if (!more) return false;
        var used = rest.Length > 0 && rest[0] == '"' ? Unquote(rest, out text) : 0;
        var comma = rest[used..].IndexOf((byte)',');
        if (used == 0) text = comma < 0 ? rest : rest[..comma];
        more = comma >= 0;
        rest = more ? rest[(used + comma + 1)..] : [];
        return true;
    }

    /// <summary>The quoted cell at the start; returns how many bytes it takes.</summary>
    private int Unquote(ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> text)
    {
        if (cell.Length < rest.Length) cell = new byte[rest.Length];
        var length = 0;
        var at = 1;
        for (; at < rest.Length; at++)
        {
            if (rest[at] == '"' && (at + 1 == rest.Length || rest[at + 1] != '"')) break;
            if (rest[at] == '"') at++;
            cell[length++] = rest[at];
        }
        text = cell.AsSpan(0, length);
        return Math.Min(at + 1, rest.Length);
    }
}
