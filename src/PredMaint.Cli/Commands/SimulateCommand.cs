using System.CommandLine;
using Confluent.Kafka;
using PredMaint.Cli.Output;
using PredMaint.Cli.Simulation;
using PredMaint.Core.Settings;
using PredMaint.Worker.Brokers;
using PredMaint.Worker.Configuration;
using Spectre.Console;

namespace PredMaint.Cli.Commands;

/// <summary><c>simulate</c>: readings of machines that are not there, some of them faulty.</summary>
internal static class SimulateCommand
{
    private const int MaxMachines = 1_000_000;
    private const int MaxSensors = 1024;

    /// <summary>Faults that the summary names; it counts all.</summary>
    private const int MaxNamed = 100;

    /// <summary>How long to wait at the end for what the brokers have not acknowledged.</summary>
    private static readonly TimeSpan FlushLimit = TimeSpan.FromSeconds(30);

    public static Command Create()
    {
        var topic = new TopicArguments("The topic of readings; default: that of the configuration.", t => t.Readings);
        var machines = Number<int>("--machines", "How many machines.", 100, 1, MaxMachines);
        var rate = Number<double>("--rate", "Readings a second of all machines; 0: as fast as the brokers take them.", 1000, 0, 1e7);
        var seconds = Number<double?>("--seconds", "Ends after so long.", null, 0, 1e9);
        var count = Number<long?>("--count", "Ends after so many readings.", null, 1, long.MaxValue);
        var share = Number<double>("--fault-share", "Share of the machines that become faulty: drift, spike, stuck, dropout.", 0.05, 0, 1);
        var seed = new Option<ulong>("--seed") { Description = "The same seed makes the same values.", DefaultValueFactory = _ => 1 };
        var sensors = new Option<string>("--sensors") { Description = $"How many (s1, s2, ...), their names with commas, or {TurbofanSensors.Name}: those of the shipped models, as sound engines have them.", DefaultValueFactory = _ => "14" };
        sensors.Validators.Add(result =>
        {
            var names = Sensors(result.GetValueOrDefault<string>() ?? "");
            if (names.Length is 0 or > MaxSensors || names.Distinct(StringComparer.Ordinal).Count() < names.Length)
                result.AddError($"--sensors: must be 1 to {MaxSensors}, or as many different names with commas");
        });
        var simulate = new Command("simulate", "Produces readings of simulated machines, some with faults, until it is done or interrupted. Its last line is a summary in JSON.")
        {
            machines, rate, seconds, count, share, seed, sensors,
        };
        topic.AddTo(simulate);
        simulate.SetAction((parsed, cancel) =>
        {
            var (kafka, name) = topic.Read(parsed);
            return RunAsync(kafka, new SimulationSettings(
                name, parsed.GetValue(machines), parsed.GetValue(rate), parsed.GetValue(count) ?? long.MaxValue,
                parsed.GetValue(seconds) is { } s ? TimeSpan.FromSeconds(s) : null, parsed.GetValue(share), parsed.GetValue(seed),
                Sensors(parsed.GetRequiredValue(sensors)), parsed.GetValue(sensors) == TurbofanSensors.Name ? TurbofanSensors.Levels : null), cancel);
        });
        return simulate;
    }

    private static async Task<int> RunAsync(IReadOnlyDictionary<string, string> kafka, SimulationSettings settings, CancellationToken cancel)
    {
        await TopicArguments.PartitionsAsync(kafka, settings.Topic);
        var errors = new BrokerErrors();
        using var producer = new ProducerBuilder<byte[], byte[]>(KafkaSettings.Gateway(kafka))
            .SetErrorHandler((_, error) => errors.Note(error)).SetLogHandler((_, _) => { }).Build();
        var simulator = new Simulator(settings, producer, TimeProvider.System);
        var start = TimeProvider.System.GetTimestamp();
        await WithProgressAsync(settings, simulator, cancel);
        producer.Flush(FlushLimit);
        if (errors.Refusal is { } refusal) throw new BrokerRefusedException(refusal);
        var faulty = simulator.Machines.Where(m => m.IsFaulty).ToList();
        Terminal.WriteJsonLine(new
        {
            topic = settings.Topic,
            machines = settings.Machines,
            sent = simulator.Sent,
            delivered = simulator.Delivered,
            seconds = Math.Round(TimeProvider.System.GetElapsedTime(start).TotalSeconds, 3),
            faulty = faulty.Count,
            faults = faulty.Take(MaxNamed).Select(m => new
            {
                machineId = m.Id, kind = Fields.NameOf(m.Fault!.Kind), sensor = settings.Sensors[m.Fault.Sensor], fromReading = m.Fault.From,
            }),
        });
        var lost = simulator.Sent - simulator.Delivered;
        return lost == 0 ? ExitCodes.Done
            : Terminal.Failure($"{lost} of {simulator.Sent} readings were not taken by the brokers: {simulator.Failure ?? errors.Last ?? "no acknowledgement in time"}");
    }

    private static Task WithProgressAsync(SimulationSettings settings, Simulator simulator, CancellationToken cancel)
    {
        if (!Terminal.IsError) return simulator.RunAsync(() => { }, cancel);
        return Terminal.Error.Progress().AutoClear(true)
            .Columns(new SpinnerColumn(), new TaskDescriptionColumn(), new ProgressBarColumn(), new ElapsedTimeColumn())
            .StartAsync(async context =>
            {
                var ends = settings.Count < long.MaxValue || settings.Duration is not null;
                var task = context.AddTask("readings", maxValue: 1);
                task.IsIndeterminate = !ends;
                await simulator.RunAsync(() =>
                {
                    task.Description = $"{simulator.Sent} readings";
                    if (ends) task.Value = Math.Max((double)simulator.Sent / settings.Count, task.ElapsedTime / settings.Duration ?? 0);
                }, cancel);
            });
    }

    private static Option<T> Number<T>(string name, string description, T fallback, double min, double max)
    {
        var option = new Option<T>(name) { Description = description };
        if (fallback is not null) option.DefaultValueFactory = _ => fallback;
        option.Validators.Add(result =>
        {
            if (result.Number<double>() is { } number && !(number >= min && number <= max))
                result.AddError($"{name}: is {number}, must be {min} to {max}");
        });
        return option;
    }

    private static string[] Sensors(string text) => text == TurbofanSensors.Name ? TurbofanSensors.Names
        : int.TryParse(text, out var count)
            ? [.. Enumerable.Range(1, Math.Clamp(count, 0, MaxSensors + 1)).Select(i => $"s{i}")]
            : text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
