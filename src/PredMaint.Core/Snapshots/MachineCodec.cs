using PredMaint.Core.Alerts;
using PredMaint.Core.Machines;
using PredMaint.Core.Models;
using PredMaint.Core.Readings;

namespace PredMaint.Core.Snapshots;

/// <summary>
/// Snapshots: everything that <see cref="Machine"/> keeps, as bytes. Sensors and models go by their names, so that a worker
/// with others can read it: a sensor that no model uses is dropped, an unknown model becomes an <see cref="Orphan"/>.
/// </summary>
public sealed class MachineCodec
{
    /// <summary>2: when a model took over. 3: which features its memory is of.</summary>
    private const byte Version = 3;

    /// <summary>A worker reads what its predecessor wrote, so that a rollout needs no cold start.</summary>
    private const byte OldestVersion = 1;

    /// <summary>A machine that sees more models go than this forgets the first of them.</summary>
    private const int MaxOrphans = 4;

    private const byte RetiredFlag = 1;
    private const byte GridStartsFlag = 2;
    private const byte GridFlag = 4;

    private readonly SensorIndex sensors;
    private readonly byte[] sensorNames;
    private readonly AlertModel[] models;
    private readonly byte[][] heads;
    private readonly int[] windows;
    private readonly StateWriter writer = new();

    public MachineCodec(IReadOnlyList<ModelEntry> entries, SensorIndex sensors)
    {
        this.sensors = sensors;
        models = [.. entries.Select(e => e.AlertModel)];
        heads = [.. models.Select(Head)];
        windows = [.. entries.Select(e => e.Manifest.Steps)];
        writer.Int(sensors.Count);
        foreach (var name in sensors.Names) writer.Text(name);
        sensorNames = writer.Written;
    }

    public byte[] Write(Machine machine)
    {
        writer.Begin(Version);
        writer.Byte((byte)((machine.IsRetired ? RetiredFlag : 0) | (machine.GridStarts ? GridStartsFlag : 0) | (machine.CellPresent is null ? 0 : GridFlag)));
        writer.Long(machine.Through);
        writer.Long(machine.HeardClockUs);
        writer.Long(machine.StreamTimeUs);
        writer.Long(machine.LastTimeUs);
        writer.Long(machine.LastOffset);
        writer.Long(machine.NextGridUs);
        writer.Raw(sensorNames);
        writer.Numbers<float>(machine.Last);
        if (machine.CellPresent is { } present) writer.Numbers<ulong>(present);
        WriteHeld(machine.Held);
        // Of a retired machine models remember nothing.
        writer.Int(machine.IsRetired ? 0 : machine.Models.Count(m => m is not null) + (machine.Orphans?.Count ?? 0));
        if (machine.IsRetired) return writer.End();
        for (var i = 0; i < models.Length; i++)
            if (machine.Models[i] is { } state) WriteModel(heads[i], state);
        foreach (var orphan in machine.Orphans ?? []) WriteModel(Head(orphan.Model), orphan.State);
        return writer.End();
    }

    /// <summary>Lays a snapshot over a machine, which then has nothing else.</summary>
    /// <exception cref="StateException">It is none that this version can read; the machine is then void.</exception>
    public void Read(ReadOnlySpan<byte> snapshot, Machine machine)
    {
        var reader = new StateReader(snapshot, Version, OldestVersion);
        machine.Clear();
        var flags = reader.Byte();
        machine.IsRetired = (flags & RetiredFlag) != 0;
        machine.GridStarts = (flags & GridStartsFlag) != 0;
        machine.Through = reader.Long();
        machine.HeardClockUs = reader.Long();
        machine.StreamTimeUs = reader.Long();
        machine.LastTimeUs = reader.Long();
        machine.LastOffset = reader.Long();
        machine.NextGridUs = reader.Long();
        var columns = ReadColumns(ref reader);
        ReadValues(ref reader, columns, machine.Last);
        if ((flags & GridFlag) != 0) machine.CellPresent = ReadBits(ref reader, columns);
        ReadHeld(ref reader, columns, machine);
        for (var count = reader.Count(1); count > 0; count--) ReadModel(ref reader, machine);
        reader.End();
        // The newest stand first. An active alert has still to be cleared.
        while (machine.Orphans is { Count: > MaxOrphans } orphans && orphans.FindLastIndex(o => !o.State.Alert.Active) is >= 0 and var oldest) orphans.RemoveAt(oldest);
    }

    private void WriteHeld(List<HeldReading>? held)
    {
        writer.Int(held?.Count ?? 0);
        foreach (var reading in held ?? [])
        {
            writer.Long(reading.TimeUs);
            writer.Long(reading.Offset);
            writer.Byte(reading.Late ? (byte)1 : (byte)0);
            writer.Text(reading.TraceParent ?? "");
            writer.Numbers<float>(reading.Values);
        }
    }

    private void WriteModel(ReadOnlySpan<byte> head, ModelState state)
    {
        writer.Raw(head);
        var alert = state.Alert;
        writer.Byte(alert.Active ? (byte)1 : (byte)0);
        writer.Byte((byte)alert.Severity);
        writer.Long(alert.OnsetUs);
        writer.Int(alert.Counted);
        writer.Long((long)alert.LevelLow);
        writer.Long((long)alert.LevelHigh);
        writer.Long((long)alert.Clear);
        writer.Int(alert.TimesUs.Length);
        writer.Numbers<long>(alert.TimesUs);
        writer.Int(alert.TimesAt);
        writer.Byte(state.IsRecurrent ? (byte)1 : (byte)0);
        writer.Long(state.Steps);
        writer.Int(state.Next);
        writer.Byte(state.HasForecast ? (byte)1 : (byte)0);
        writer.Long(state.TookOverUs);
        writer.Int((int)state.Features);
        writer.Int(state.Memory.Length);
        writer.Int(state.Forecast.Length);
        writer.Numbers<float>(state.Memory);
        writer.Numbers<float>(state.Forecast);
    }

    private static byte[] Head(AlertModel model)
    {
        var head = new StateWriter();
        head.Text(model.Name);
        head.Text(model.Version);
        head.Text(model.Kind);
        head.Text(model.Sha256);
        head.Float(model.RaiseAt);
        head.Float(model.ClearAt);
        return head.Written;
    }

    /// <summary>For each sensor of the snapshot its number here, -1 where no model uses it any more; null where they are the same.</summary>
    private int[]? ReadColumns(ref StateReader reader)
    {
        if (reader.StartsWith(sensorNames))
        {
            reader.Take(sensorNames.Length);
            return null;
        }
        var columns = new int[reader.Count(4)];
        for (var i = 0; i < columns.Length; i++) columns[i] = sensors.Find(reader.Text());
        return columns;
    }

    private static void ReadValues(ref StateReader reader, int[]? columns, float[] values)
    {
        if (columns is null) { reader.Numbers<float>(values); return; }
        values.AsSpan().Fill(float.NaN);
        foreach (var column in columns)
        {
            var value = reader.Float();
            if (column >= 0) values[column] = value;
        }
    }

    private ulong[] ReadBits(ref StateReader reader, int[]? columns)
    {
        var bits = new ulong[PresenceBits.Words(sensors.Count)];
        if (columns is null) { reader.Numbers<ulong>(bits); return bits; }
        var theirs = new ulong[PresenceBits.Words(columns.Length)];
        reader.Numbers<ulong>(theirs);
        for (var i = 0; i < columns.Length; i++)
            if (columns[i] >= 0 && PresenceBits.Has(theirs, i)) PresenceBits.Set(bits, columns[i]);
        return bits;
    }

    private void ReadHeld(ref StateReader reader, int[]? columns, Machine machine)
    {
        var count = reader.Count(8 + 8 + 1 + 4);
        if (count == 0) return;
        machine.Held = new List<HeldReading>(count);
        for (; count > 0; count--)
        {
            var (timeUs, offset, late, trace, values) = (reader.Long(), reader.Long(), reader.Byte() != 0, reader.Text(), new float[sensors.Count]);
            ReadValues(ref reader, columns, values);
            machine.Held.Add(new HeldReading(timeUs, offset, late, trace.Length == 0 ? null : trace, values));
        }
    }

    private void ReadModel(ref StateReader reader, Machine machine)
    {
        var model = ReadHead(ref reader);
        var entry = EntryOf(model, machine);
        var own = entry < 0 ? null : machine.Models[entry];
        var alert = ReadAlert(ref reader);
        var (recurrent, steps, next, hasForecast) = (reader.Byte() != 0, reader.Long(), reader.Int(), reader.Byte() != 0);
        var tookOverUs = reader.Version < 2 ? long.MaxValue : reader.Long();
        var features = reader.Version < 3 ? own?.Features ?? 0 : (uint)reader.Int();
        var (memory, forecast) = (reader.Count(4), reader.Count(4));
        var fits = own is not null && models[entry].Sha256 == model.Sha256 && own.Features == features
            && own.IsRecurrent == recurrent && own.Memory.Length == memory && own.Forecast.Length == forecast;
        var state = fits ? own! : new ModelState(recurrent, new float[memory], new float[forecast]) { Features = features };
        if (next < 0 || (fits && next >= windows[entry])) throw new StateException("a window's place is beyond it");
        (state.Alert, state.Steps, state.Gathered, state.Next, state.HasForecast, state.TookOverUs) = (alert, steps, steps, next, hasForecast, tookOverUs);
        reader.Numbers<float>(state.Memory);
        reader.Numbers<float>(state.Forecast);
        if (own is null) (machine.Orphans ??= []).Add(new Orphan(model, state));
        else if (!fits)
        {
            // Weights or features are others, or what is remembered has another shape: the history starts anew; the alert stays, and that it took over.
            (own.Alert, own.TookOverUs) = (alert, tookOverUs);
            alert.EmptyWindows();
        }
    }

    /// <summary>The entry of the machine's that has the model; the same model may be there for other machines. -1 where none has.</summary>
    private int EntryOf(AlertModel model, Machine machine)
    {
        for (var i = 0; i < models.Length; i++)
            if (machine.Models[i] is not null && models[i].Name == model.Name && models[i].Version == model.Version && models[i].Kind == model.Kind) return i;
        return -1;
    }

    private AlertModel ReadHead(ref StateReader reader)
    {
        for (var i = 0; i < heads.Length; i++)
        {
            if (!reader.StartsWith(heads[i])) continue;
            reader.Take(heads[i].Length);
            return models[i];
        }
        var (name, version, kind, sha256) = (reader.Text(), reader.Text(), reader.Text(), reader.Text());
        return new AlertModel(kind, name, version, sha256, reader.Float(), reader.Float());
    }

    private static AlertState ReadAlert(ref StateReader reader)
    {
        var alert = new AlertState { Active = reader.Byte() != 0, Severity = (Severity)reader.Byte(), OnsetUs = reader.Long(), Counted = reader.Int() };
        (alert.LevelLow, alert.LevelHigh, alert.Clear) = ((ulong)reader.Long(), (ulong)reader.Long(), (ulong)reader.Long());
        alert.TimesUs = new long[reader.Count(8)];
        reader.Numbers<long>(alert.TimesUs);
        alert.TimesAt = reader.Int();
        if (alert.Severity > Severity.Critical || alert.Counted is < 0 or > MOfN.MaxN || alert.TimesUs.Length > MOfN.MaxN || alert.TimesAt < 0
            || alert.TimesAt >= Math.Max(1, alert.TimesUs.Length)) throw new StateException("an alert's windows are impossible");
        return alert;
    }
}
