using System.Text;
using System.Text.Json;
using PredMaint.Core.Backtest;
using PredMaint.Core.Readings;

namespace PredMaint.Training.Data;

/// <summary>
/// Readings as the product takes them from files: CSV (<c>machineId,timestamp,SENSOR,...</c>) or JSON lines, plain or gzipped. One
/// of the columns may say what is true of a reading: whether it is anomalous, or what life was left.
/// </summary>
internal static class ReadingTable
{
    /// <param name="label">Column that is not 0 where a reading is anomalous; null where none is.</param>
    /// <param name="life">Column of the remaining life, in readings; null where every machine fails after its last reading, or where no life is asked for.</param>
    /// <exception cref="DataException">A line is no reading, or a machine's readings are not in the order of time.</exception>
    public static IReadOnlyList<Series> Read(string file, string? label, string? life)
    {
        var name = file.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? file[..^3] : file;
        var isJson = Path.GetExtension(name).ToLowerInvariant() is ".json" or ".jsonl" or ".ndjson";
        var names = isJson ? JsonSensors(file) : CsvSensors(file);
        foreach (var column in new[] { label, life }.OfType<string>())
            if (!names.Contains(column)) throw new DataException($"{file}: has no column {column}; it has {string.Join(", ", names)}");
        var sensors = new SensorIndex(names);
        var features = names.Where(n => n != label && n != life).ToList();
        var columns = features.Select(f => sensors.Find(f)).ToArray();
        var machines = new Dictionary<string, Builder>(StringComparer.Ordinal);
        foreach (var (reading, number) in Readings(file, isJson, sensors))
        {
            if (reading.Fault != Fault.None) throw new DataException($"{file}, line {number}: {reading.FaultDetail}");
            var id = Encoding.UTF8.GetString(reading.Key);
            if (!machines.TryGetValue(id, out var machine)) machines.Add(id, machine = new Builder());
            if (machine.TimesUs.Count > 0 && reading.TimeUs <= machine.TimesUs[^1]) throw new DataException($"{file}, line {number}: {id} is not in the order of time");
            machine.TimesUs.Add(reading.TimeUs);
            foreach (var column in columns) machine.Values.Add(reading.Values[column]);
            if (label is not null) machine.Labels.Add(reading.Values[sensors.Find(label)] is not 0 and not float.NaN);
            if (life is not null) machine.Live(reading.Values[sensors.Find(life)], $"{file}, line {number}: {life}");
        }
        return [.. machines.Select(m => new Series(m.Key, features, [.. m.Value.Values], Math.Max(0, m.Value.Life))
        {
            TimesUs = [.. m.Value.TimesUs],
            Labels = label is null ? null : [.. m.Value.Labels],
        })];
    }

    private static IEnumerable<(Reading Reading, int Number)> Readings(string file, bool isJson, SensorIndex sensors)
    {
        var reading = new Reading(sensors.Count);
        var json = new JsonLineDecoder(sensors, new ReadingSettings());
        CsvLineDecoder? csv = null;
        var number = 0;
        foreach (var line in TextFile.Lines(file))
        {
            number++;
            if (line.AsSpan().Trim().IsEmpty) continue;
            var bytes = Encoding.UTF8.GetBytes(line);
            if (isJson) json.Decode(bytes, reading);
            else if (csv is null)
            {
                csv = Header(file, bytes, sensors);
                continue;
            }
            else csv.Decode(bytes, reading);
            yield return (reading, number);
        }
    }

    private static CsvLineDecoder Header(string file, byte[] line, SensorIndex sensors)
    {
        try
        {
            return new CsvLineDecoder(line, sensors);
        }
        catch (FormatException e)
        {
            throw new DataException($"{file}, line 1: {e.Message}");
        }
    }

    private static List<string> CsvSensors(string file)
    {
        var header = TextFile.Lines(file).FirstOrDefault() ?? throw new DataException($"{file}: is empty");
        return [.. header.TrimStart('\uFEFF').Split(',').Select(c => c.Trim(' ', '"')).Where(c => c is not ("machineId" or "timestamp" or "recordTime"))];
    }

    private static List<string> JsonSensors(string file)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var number = 0;
        foreach (var line in TextFile.Lines(file))
        {
            number++;
            if (line.AsSpan().Trim().IsEmpty) continue;
            try
            {
                using var json = JsonDocument.Parse(line);
                foreach (var value in json.RootElement.GetProperty("values").EnumerateObject()) names.Add(value.Name);
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
            {
                throw new DataException($"{file}, line {number}: is no reading: {e.Message}");
            }
        }
        return [.. names.Order(StringComparer.Ordinal)];
    }

    private sealed class Builder
    {
        public List<long> TimesUs { get; } = [];
        public List<float> Values { get; } = [];
        public List<bool> Labels { get; } = [];
        public int Life { get; private set; } = -1;

        public void Live(float life, string where)
        {
            if (!(life >= 0 && life < 1e6 && life == MathF.Floor(life))) throw new DataException($"{where} is {life}, must be a whole number of readings");
            if (Life >= 0 && life != Life - 1) throw new DataException($"{where} is {life} after {Life}: it counts the readings that are left, one less each time");
            Life = (int)life;
        }
    }
}
