using System.Collections;
using System.Reflection;
using CsCheck;
using PredMaint.Core.Alerts;
using PredMaint.Core.Machines;
using PredMaint.Core.Models;
using PredMaint.Core.Readings;
using PredMaint.Core.Snapshots;
using PredMaint.Core.Tests.Machines;
using PredMaint.Core.Tests.Models;

namespace PredMaint.Core.Tests.Snapshots;

public class MachineCodecTests
{
    /// <summary>Of a batch or of a commit, not of a machine; and the key, which is the record's own.</summary>
    private static readonly string[] Transient =
        ["Machine.Waiting", "Machine.UnsavedFrom", "Machine.MustBeSaved", "Machine.IsBeingSaved", "Machine.Key", "ModelState.Gathered"];

    private static readonly IModel Recurrent = new FakeModel(FakeModel.Stateful("s1", "s2"), _ => { }, new StateShape(2, 3));
    private static readonly IModel Window = new FakeModel(FakeModel.Window(4, "s2", "s3") with { Name = "window" }, _ => { });

    private static readonly IModel Forecast = new FakeModel(
        FakeModel.Stateful("s1", "s3") with { Name = "forecast", Outputs = new OutputNames { Forecast = "f", Spread = "p" } }, _ => { }, new StateShape(1, 2));

    private static readonly Scorer Here = Scorer(Recurrent, Window, Forecast);

    private static readonly Gen<Machine> Machines = Gen.Int[0, int.MaxValue].Select(seed =>
    {
        var machine = Here.CreateMachine("m1"u8.ToArray(), "m1");
        Fill(machine, new Random(seed));
        return machine;
    });

    // On one thread, as a codec is used.
    [Fact]
    public void Every_field_of_a_machine_comes_back() => Machines.Where(m => !m.IsRetired).Sample(machine =>
    {
        var read = Here.CreateMachine(machine.Key, "m1");
        Here.Codec.Read(Here.Codec.Write(machine), read);
        Assert.Equal(Fields(machine), Fields(read));
    }, iter: 2000, threads: 1);

    /// <summary>Many may retire at once, all in one transaction.</summary>
    [Fact]
    public void Of_a_retired_machine_nothing_is_written_that_models_remember() => Machines.Where(m => m.IsRetired).Sample(machine =>
    {
        machine.Clear();
        var written = Here.Codec.Write(machine);
        var read = Here.CreateMachine(machine.Key, "m1");
        Here.Codec.Read(written, read);
        Assert.True(read.IsRetired);
        Assert.Equal((machine.Through, machine.HeardClockUs), (read.Through, read.HeardClockUs));
        Assert.True(written.Length < 200, $"{written.Length} bytes");
        machine.IsRetired = false;
        Assert.True(Here.Codec.Write(machine).Length > written.Length);
    }, iter: 200, threads: 1);

    [Fact]
    public void A_field_that_the_test_does_not_fill_is_none_of_a_machine() => Assert.Equal(
        ["Models", "Orphans", "Last", "CellPresent", "Held", "Memory", "Forecast", "Alert", "TimesUs", "TraceParent", "Values"],
        new[] { typeof(Machine), typeof(ModelState), typeof(AlertState), typeof(HeldReading) }.SelectMany(Stored).Where(p => !p.PropertyType.IsValueType).Select(p => p.Name));

    [Fact]
    public void A_worker_with_other_models_and_sensors_takes_what_it_knows_and_keeps_the_rest() => Machines.Where(m => !m.IsRetired).Sample(machine =>
    {
        var there = Scorer(Forecast, Recurrent);
        var read = there.CreateMachine(machine.Key, "m1");
        there.Codec.Read(Here.Codec.Write(machine), read);
        Assert.Equal(Text(machine.Models[0]), Text(read.Models[1]));
        Assert.Equal(Text(machine.Models[2]), Text(read.Models[0]));
        Assert.Equal("window@1", read.Orphans![0].Model.NameAndVersion);
        foreach (var sensor in there.Sensors.Names) Assert.Equal(machine.Last[Here.Sensors.Find(sensor)], read.Last[there.Sensors.Find(sensor)]);
        // Back again: nothing of the model that the other did not have is lost.
        var back = Here.CreateMachine(machine.Key, "m1");
        Here.Codec.Read(there.Codec.Write(read), back);
        Assert.Equal(machine.Models.Select(Text), back.Models.Select(Text));
    }, iter: 500, threads: 1);

    [Fact]
    public void A_model_of_other_weights_begins_anew_and_its_alert_stays()
    {
        var machine = Here.CreateMachine("m1"u8.ToArray(), "m1");
        machine.Models[0]!.Steps = 9;
        machine.Models[0]!.Memory[0] = 1;
        machine.Models[0]!.Alert.Active = true;
        machine.Models[0]!.Alert.OnsetUs = 77;
        var there = Scorer(new FakeModel(FakeModel.Stateful("s1", "s2"), _ => { }, new StateShape(1, 4)));
        var read = there.CreateMachine(machine.Key, "m1");
        there.Codec.Read(Here.Codec.Write(machine), read);
        var model = read.Models[0]!;
        Assert.Equal((0L, 0f, true, 77L), (model.Steps, model.Memory[0], model.Alert.Active, model.Alert.OnsetUs));
    }

    /// <summary>The same weights and shapes, but what stood for one sensor would now be taken for another.</summary>
    [Fact]
    public void A_model_whose_features_stand_in_another_order_begins_anew()
    {
        var machine = Here.CreateMachine("m1"u8.ToArray(), "m1");
        machine.Models[0]!.Steps = 9;
        machine.Models[0]!.Memory[0] = 1;
        var there = Scorer(new FakeModel(FakeModel.Stateful("s2", "s1"), _ => { }, new StateShape(2, 3)));
        var read = there.CreateMachine(machine.Key, "m1");
        there.Codec.Read(Here.Codec.Write(machine), read);
        Assert.Equal((0L, 0f), (read.Models[0]!.Steps, read.Models[0]!.Memory[0]));
    }

    [Fact]
    public void Damage_anywhere_is_noticed()
    {
        var bytes = Here.Codec.Write(Machines.Single());
        var machine = Here.CreateMachine("m1"u8.ToArray(), "m1");
        Gen.Select(Gen.Int[0, bytes.Length - 1], Gen.Int[1, 255]).Sample((at, flip) =>
        {
            var damaged = (byte[])bytes.Clone();
            damaged[at] ^= (byte)flip;
            Assert.Throws<StateException>(() => Here.Codec.Read(damaged, machine));
        }, threads: 1);
        Gen.Int[0, bytes.Length - 1].Sample(length => Assert.Throws<StateException>(() => Here.Codec.Read(bytes.AsSpan(0, length), machine)), threads: 1);
    }

    [Fact]
    public void Whatever_the_bytes_say_reading_ends_with_a_machine_or_a_refusal()
    {
        var bytes = Here.Codec.Write(Machines.Single());
        Gen.Select(Gen.Int[0, bytes.Length - 5], Gen.Int).Array[1, 4].Sample(edits =>
        {
            var body = bytes[..^4];
            foreach (var (at, value) in edits) BitConverter.TryWriteBytes(body.AsSpan(at, Math.Min(4, body.Length - at)), value);
            byte[] whole = [.. body, .. BitConverter.GetBytes(StateReader.Checksum(body))];
            try
            {
                Here.Codec.Read(whole, Here.CreateMachine("m1"u8.ToArray(), "m1"));
            }
            catch (StateException)
            {
                // A refusal.
            }
        }, iter: 20_000, threads: 1);
    }

    [Fact]
    public void An_unknown_version_is_refused_by_its_number()
    {
        var body = Here.Codec.Write(Machines.Single())[..^4];
        body[0] = 99;
        var refusal = Assert.Throws<StateException>(() => Here.Codec.Read([.. body, .. BitConverter.GetBytes(StateReader.Checksum(body))], Here.CreateMachine("m1"u8.ToArray(), "m1")));
        Assert.Contains("version is 99", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_version_before_is_read()
    {
        var read = Here.CreateMachine("m1"u8.ToArray(), "m1");
        Here.Codec.Read(Convert.FromHexString(VersionOne.ReplaceLineEndings("").Replace(" ", "", StringComparison.Ordinal)), read);
        // What version 1 did not hold is as in a machine that never had it.
        Assert.Equal(Fields(Known()), Fields(read));
    }

    [Fact]
    public void The_same_model_for_other_machines_leaves_this_ones_alone()
    {
        ModelEntry[] entries = [TestLine.Entry(Window, machines: "other-*"), TestLine.Entry(Window, machines: "m*")];
        var there = new Scorer(entries, Core.Machines.Scorer.SensorsOf(entries), new ReadingSettings(), batchMax: 8, new TaskCounters());
        var machine = there.CreateMachine("m1"u8.ToArray(), "m1");
        machine.Models[1]!.Steps = 3;
        var read = there.CreateMachine("m1"u8.ToArray(), "m1");
        there.Codec.Read(there.Codec.Write(machine), read);
        Assert.Null(read.Orphans);
        Assert.Equal(3, read.Models[1]!.Steps);
    }

    [Fact]
    public void Of_models_that_came_and_went_the_last_four_are_kept()
    {
        Machine? machine = null;
        byte[] bytes = [];
        for (var version = 1; version <= 20; version++)
        {
            var there = Scorer(new FakeModel(FakeModel.Stateful("s1") with { Version = $"{version}" }, _ => { }, new StateShape(1, 1)));
            var next = there.CreateMachine("m1"u8.ToArray(), "m1");
            if (machine is not null) there.Codec.Read(bytes, next);
            next.Models[0]!.Alert.Active = version == 2;
            (machine, bytes) = (next, there.Codec.Write(next));
        }
        Assert.Equal(["fake@19", "fake@18", "fake@17", "fake@2"], machine!.Orphans!.Select(o => o.Model.NameAndVersion));
    }

    /// <summary>A machine with something of everything that version 1 held.</summary>
    private static Machine Known()
    {
        var machine = Here.CreateMachine("m1"u8.ToArray(), "m1");
        (machine.Through, machine.HeardClockUs, machine.StreamTimeUs, machine.LastTimeUs) = (41, 5_000_000, 4_900_000, 4_800_000);
        (machine.LastOffset, machine.NextGridUs, machine.GridStarts, machine.CellPresent) = (40, 5_100_000, true, [5]);
        machine.Last[0] = 0.5f;
        machine.Held = [new HeldReading(4_900_000, 41, true, "00-trace", [1, float.NaN, 2])];
        for (var i = 0; i < machine.Models.Length; i++) Set(machine.Models[i]!, 10 * (i + 1));
        var orphan = new ModelState(new FakeModel(FakeModel.Stateful("x") with { Outputs = new OutputNames { Forecast = "f" } }, _ => { }, new StateShape(1, 3)));
        Set(orphan, 50);
        orphan.Features = 0;
        machine.Orphans = [new Orphan(new AlertModel("failure", "gone", "7", "ab", 0.5f, 0.25f), orphan)];
        return machine;

        static void Set(ModelState state, int n)
        {
            (state.Steps, state.Next, state.HasForecast) = (n, state.IsRecurrent ? 0 : 3, state.Forecast.Length > 0);
            for (var i = 0; i < state.Memory.Length; i++) state.Memory[i] = n + i;
            for (var i = 0; i < state.Forecast.Length; i++) state.Forecast[i] = -n - i;
            state.Alert.Active = n > 10;
            (state.Alert.Severity, state.Alert.OnsetUs, state.Alert.Counted) = (Severity.Critical, 1000 * n, 3);
            (state.Alert.LevelLow, state.Alert.LevelHigh, state.Alert.Clear) = (5, 2, 1);
            (state.Alert.TimesUs, state.Alert.TimesAt) = ([n, n + 1, n + 2], 2);
        }
    }

    /// <summary>What version 1 wrote of <see cref="Known"/>.</summary>
    private const string VersionOne = """
        01062900000000000000404b4c0000000000a0c44a0000000000003e4900000000002800000000000000e0d14d0000000000030000000200000073310200000073320200000073330000003f0000c0ff
        0000c0ff050000000000000001000000a0c44a00000000002900000000000000010800000030302d74726163650000803f0000c0ff00000040040000000400000066616b65010000003107000000616e
        6f6d616c7904000000303066660000003f0000003f0002102700000000000003000000050000000000000002000000000000000100000000000000030000000a000000000000000b000000000000000c
        0000000000000002000000010a00000000000000000000000006000000000000000000204100003041000040410000504100006041000070410600000077696e646f77010000003107000000616e6f6d
        616c7904000000303066660000003f0000003f0102204e000000000000030000000500000000000000020000000000000001000000000000000300000014000000000000001500000000000000160000
        000000000002000000001400000000000000030000000008000000000000000000a0410000a8410000b0410000b8410000c0410000c8410000d0410000d84108000000666f7265636173740100000031
        07000000616e6f6d616c7904000000303066660000003f0000003f0102307500000000000003000000050000000000000002000000000000000100000000000000030000001e000000000000001f0000
        0000000000200000000000000002000000011e00000000000000000000000102000000040000000000f0410000f8410000f0c10000f8c1000000c2000004c204000000676f6e65010000003707000000
        6661696c7572650200000061620000003f0000803e010250c300000000000003000000050000000000000002000000000000000100000000000000030000003200000000000000330000000000000034
        0000000000000002000000013200000000000000000000000103000000020000000000484200004c4200005042000048c200004cc2a82659c9
        """;

    private static Scorer Scorer(params IModel[] models)
    {
        ModelEntry[] entries = [.. models.Select(m => TestLine.Entry(m))];
        return new Scorer(entries, Core.Machines.Scorer.SensorsOf(entries), new ReadingSettings(), batchMax: 8, new TaskCounters());
    }

    private static string Text(ModelState? state) => string.Join(' ', Fields(state!));

    private static IEnumerable<PropertyInfo> Stored(Type type) => type.GetProperties(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance)
        .Where(p => p.GetIndexParameters().Length == 0 && p.Name != "EqualityContract" && !Transient.Contains($"{type.Name}.{p.Name}", StringComparer.Ordinal));

    /// <summary>Every stored value below an object, as "path=value".</summary>
    private static List<string> Fields(object value, string path = "")
    {
        if (value is string or bool or Enum or float or long or int or ulong) return [$"{path}={value}"];
        if (value is IEnumerable items) return [.. items.Cast<object?>().SelectMany((item, i) => item is null ? [$"{path}.{i}=null"] : Fields(item, $"{path}.{i}"))];
        return [.. Stored(value.GetType()).SelectMany(p => p.GetValue(value) is { } inner ? Fields(inner, $"{path}.{p.Name}") : [$"{path}.{p.Name}=null"])];
    }

    private static void Fill(Machine machine, Random random)
    {
        SetValues(machine, random);
        Numbers(machine.Last, random);
        if (random.Next(2) == 0) machine.CellPresent = [(ulong)random.Next(8)];
        if (random.Next(2) == 0)
            machine.Held = [.. Enumerable.Range(0, 1 + random.Next(3)).Select(i =>
                new HeldReading(random.NextInt64(), i, random.Next(2) == 0, random.Next(2) == 0 ? "00-trace" : null, Numbers(new float[machine.Last.Length], random)))];
        foreach (var model in machine.Models) Fill(model!, random);
        if (random.Next(2) == 0) return;
        var orphan = new ModelState(new FakeModel(FakeModel.Stateful("x") with { Outputs = new OutputNames { Forecast = "f" } }, _ => { }, new StateShape(1, 3)));
        Fill(orphan, random);
        machine.Orphans = [new Orphan(new AlertModel("failure", "gone", "7", "ab", 0.5f, 0.25f), orphan)];
    }

    private static void Fill(ModelState state, Random random)
    {
        Numbers(state.Memory, random);
        Numbers(state.Forecast, random);
        var features = state.Features;
        SetValues(state, random);
        // With those of another model the memory would not be taken.
        state.Features = features;
        SetValues(state.Alert, random);
        state.Next = state.IsRecurrent ? 0 : random.Next(4);
        state.Alert.Counted = random.Next(65);
        state.Alert.TimesUs = [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => random.NextInt64())];
        state.Alert.TimesAt = random.Next(state.Alert.TimesUs.Length);
    }

    private static void SetValues(object target, Random random)
    {
        foreach (var property in Stored(target.GetType()).Where(p => p.CanWrite && p.PropertyType.IsValueType)) property.SetValue(target, Value(property.PropertyType, random));
    }

    private static float[] Numbers(float[] values, Random random)
    {
        for (var i = 0; i < values.Length; i++) values[i] = random.Next(4) == 0 ? float.NaN : random.NextSingle();
        return values;
    }

    private static object Value(Type type, Random random) =>
        type == typeof(bool) ? random.Next(2) == 0
        : type == typeof(Severity) ? (Severity)random.Next(3)
        : type == typeof(int) ? random.Next()
        : type == typeof(uint) ? (uint)random.Next()
        : type == typeof(ulong) ? (ulong)random.NextInt64()
        : type == typeof(long) ? random.NextInt64()
        : throw new InvalidOperationException($"a field of type {type.Name}: say here how to make one");
}
