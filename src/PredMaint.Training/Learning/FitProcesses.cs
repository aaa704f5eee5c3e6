using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.ExceptionServices;

namespace PredMaint.Training.Learning;

/// <summary>
/// Fits networks in processes of their own, one a core: a training keeps to one thread, so that a seed gives the same weights,
/// and TorchSharp 0.107 may bring its process down (see <see cref="Kept"/>); then the network is fitted once more.
/// </summary>
/// <param name="program">Null for this one.</param>
internal sealed class FitProcesses(Action<EpochDone> report, string? program = null)
{
    private const int Attempts = 2;

    private readonly Lock gate = new();

    /// <summary>What a run that was interrupted has done is not done again.</summary>
    public void Run(IReadOnlyList<FitJob> jobs)
    {
        try
        {
            Parallel.ForEach(Partitioner.Create(jobs.Where(job => !job.IsDone()), EnumerablePartitionerOptions.NoBuffering), new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, Run);
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }
    }

    private void Run(FitJob job)
    {
        for (var attempt = 1; !TryRun(job, out var complaint); attempt++)
            if (attempt == Attempts) throw new InvalidOperationException($"the training of {job.Name} failed {Attempts} times: {complaint}");
    }

    private bool TryRun(FitJob job, out string complaint)
    {
        var start = new ProcessStartInfo(program ?? Path.Combine(AppContext.BaseDirectory, "predmaint-train"), [FitCommand.Name])
        {
            UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        using var process = Process.Start(start) ?? throw new InvalidOperationException("the program cannot be started again");
        var errors = process.StandardError.ReadToEndAsync();
        try
        {
            Give(job, process.StandardInput);
            while (process.StandardOutput.ReadLine() is { } line) Tell(job, line.Split(' ', 3));
            process.WaitForExit();
        }
        finally
        {
            // Whatever went wrong here, it must not train on alone.
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
        complaint = $"exit code {process.ExitCode}, {errors.GetAwaiter().GetResult().Trim()}";
        return process.ExitCode == ExitCodes.Done;
    }

    private static void Give(FitJob job, StreamWriter input)
    {
        try
        {
            using (input) input.Write(job.ToText());
        }
        catch (IOException)
        {
            // It has died already; its exit code says more.
        }
    }

    private void Tell(FitJob job, string[] epochsAndLoss)
    {
        // What else the process may say is no news of ours.
        if (epochsAndLoss is not [var first, var second, var loss] || !int.TryParse(first, CultureInfo.InvariantCulture, out var epoch) || !int.TryParse(second, CultureInfo.InvariantCulture, out var epochs) || EpochLoss.TryParse(loss) is not { } losses) return;
        lock (gate) report(new EpochDone(job.Name, epoch, epochs, losses));
    }
}
