using System.CommandLine;
using System.Diagnostics;
using PredMaint.Cli.Output;
using PredMaint.Core.Alerts;
using PredMaint.Core.Backtest;
using PredMaint.Core.Machines;
using PredMaint.Core.Models;
using PredMaint.Core.Readings;
using PredMaint.Worker.Configuration;
using Spectre.Console;

namespace PredMaint.Cli.Commands;

/// <summary><c>predmaint backtest</c>: the alerts that <c>run</c> would publish, from files.</summary>
internal static class BacktestCommand
{
    private const int ShownDeadLetters = 5;
    private const int MaxPartitions = 10_000;

    public static Command Create()
    {
        var configuration = new ConfigurationArguments();
        var inputs = new Option<string[]>("--input") { Description = "Readings: JSON lines or CSV (machineId,timestamp,SENSOR,...), plain or gzip.", Required = true, HelpName = "FILE", AllowMultipleArgumentsPerToken = true };
        var output = new Option<string?>("--output") { Description = "Where the alerts go, as JSON lines; default: standard output.", HelpName = "FILE" };
        var partitions = new Option<int>("--partitions") { Description = "Machines are assigned to so many partitions by murmur2; each has its own clock.", DefaultValueFactory = _ => 1, HelpName = "N" };
        partitions.Validators.Add(r => { if (r.Number<int>() is < 1 or > MaxPartitions) r.AddError($"--partitions: allowed is 1 to {MaxPartitions}"); });
        var command = new Command("backtest", "Scores readings from files and writes the alerts that run would publish.") { inputs, output, partitions };
        configuration.AddTo(command, required: true);
        command.SetAction(parsed => Run(parsed, configuration, parsed.GetRequiredValue(inputs), parsed.GetValue(output), parsed.GetValue(partitions)));
        return command;
    }

    private static int Run(ParseResult parsed, ConfigurationArguments configuration, string[] inputs, string? output, int partitions)
    {
        var missing = inputs.Where(i => !File.Exists(i)).Select(i => $"--input {i}: no such file").ToList();
        if (missing.Count > 0) throw new WrongConfigurationException(missing);
        var (options, models) = configuration.WithModels(parsed, _ => { });
        try
        {
            using var alerts = output is null ? Console.OpenStandardOutput() : Create(output);
            using var buffered = new BufferedStream(alerts, 1 << 16);
            new Session(options, models, buffered, inputs, partitions).Run();
            return ExitCodes.Done;
        }
        catch (Exception e) when (e is FormatException or UnauthorizedAccessException or DirectoryNotFoundException)
        {
            throw new WrongConfigurationException([e.Message]);
        }
        finally
        {
            foreach (var entry in models) entry.Model.Dispose();
        }
    }

    private static FileStream Create(string output)
    {
        try { return File.Create(output); }
        catch (Exception e) when (e is DirectoryNotFoundException or UnauthorizedAccessException)
        {
            throw new WrongConfigurationException([$"--output {output}: {e.Message}"]);
        }
    }

    /// <summary>One run over all files; readings are numbered through, so that an alert's position leads back to its file and line.</summary>
    private sealed class Session
    {
        private readonly BacktestRun run;
        private readonly WorkerOptions options;
        private readonly Stream alerts;
        private readonly string[] inputs;
        private readonly List<(long From, string Path)> starts = [];
        private readonly string source;
        private long number;
        private long transitions;
        private long deadLetters;

        public Session(WorkerOptions options, IReadOnlyList<ModelEntry> entries, Stream alerts, string[] inputs, int partitions)
        {
            (this.options, this.alerts, this.inputs) = (options, alerts, inputs);
            source = TaskSettings.SourceOf(options.Group);
            run = new BacktestRun(entries, options.TaskSettings(), options.BatchMax, partitions, Publish, Bury);
        }

        public void Run()
        {
            var watch = Stopwatch.StartNew();
            if (!Terminal.IsError) foreach (var input in inputs) Feed(input, _ => { });
            else Terminal.Error.Progress().Start(progress =>
            {
                foreach (var input in inputs)
                {
                    var bar = progress.AddTask(Markup.Escape(Path.GetFileName(input)), maxValue: 1);
                    Feed(input, done => bar.Value = done);
                }
            });
            alerts.Flush();
            var machines = run.Tasks.Sum(t => t.Machines.Count);
            Terminal.Note($"{run.Counters.Readings} readings of {machines} machines, {transitions} alert messages, {deadLetters} not readings, {watch.Elapsed.TotalSeconds:0.0} s");
        }

        private void Feed(string input, Action<double> progress)
        {
            using var file = new ReadingFile(input, run.Sensors, options.Readings);
            var reading = new Reading(run.Sensors.Count);
            var before = number;
            starts.Add((before, input));
            while (file.TryRead(reading))
            {
                number = before + file.Line;
                reading.Offset = number;
                run.Add(reading);
                if (number % 1024 == 0) progress(file.Progress);
            }
            run.Flush();
            if (file.Line == 0) Terminal.Note($"{input} is empty");
            else if (number == before) Terminal.Note($"{input} holds no readings");
            progress(1);
        }

        private void Publish(Transition transition)
        {
            var (path, line) = Where(transition.Event.Offset);
            alerts.Write(AlertJson.Write(transition.Event with { Topic = path, Offset = line }, source));
            alerts.WriteByte((byte)'\n');
            transitions++;
        }

        private void Bury(DeadLetter letter)
        {
            var (path, line) = Where(letter.Offset);
            if (++deadLetters <= ShownDeadLetters) Terminal.Note($"{path}:{line}: {letter.Reason}: {letter.Detail}");
            if (deadLetters == ShownDeadLetters) Terminal.Note("(further lines that are no readings are only counted)");
        }

        private (string Path, long Line) Where(long offset)
        {
            var (from, path) = starts.FindLast(s => s.From < offset);
            return (path, offset - from);
        }
    }
}
