using PredMaint.Core.Alerts;
using PredMaint.Core.Machines;
using PredMaint.Core.Models;
using PredMaint.Core.Readings;

namespace PredMaint.Core.Backtest;

/// <summary>
/// The answer by definition: the same tasks and scorer as a worker's, over readings in their order, without Kafka. What a
/// worker publishes over the same readings is compared with it.
/// </summary>
public sealed class BacktestRun
{
    private readonly PartitionTask[] tasks;
    private readonly Scorer scorer;
    private readonly int batchMax;
    private readonly Action<Transition> publish;
    private readonly Action<DeadLetter> bury;
    private int waiting;

    /// <param name="partitions">Machines are assigned by murmur2, as Java's producers do; each partition has its own clock.</param>
    /// <param name="observe">Told every score; null where nobody watches.</param>
    public BacktestRun(
        IReadOnlyList<ModelEntry> entries, TaskSettings settings, int batchMax, int partitions,
        Action<Transition> publish, Action<DeadLetter> bury, Action<ScoredStep>? observe = null)
    {
        this.batchMax = batchMax;
        this.publish = publish;
        this.bury = bury;
        scorer = new Scorer(entries, Scorer.SensorsOf(entries), settings.Readings, batchMax, new TaskCounters(), observe);
        tasks = [.. Enumerable.Range(0, partitions).Select(p => new PartitionTask(p, settings, scorer))];
    }

    public SensorIndex Sensors => scorer.Sensors;

    public IReadOnlyList<PartitionTask> Tasks => tasks;

    public TaskCounters Counters => scorer.Counters;

    /// <summary>Admits the next reading; its partition follows from its key. The slot may be used again at once.</summary>
    public void Add(Reading reading)
    {
        reading.Partition = reading.HasKey ? Murmur2.Partition(reading.Key, tasks.Length) : 0;
        tasks[reading.Partition].Add(reading);
        if (++waiting >= batchMax) Flush();
    }

    /// <summary>Scores what waits and publishes what follows from it.</summary>
    public void Flush()
    {
        scorer.Score();
        waiting = 0;
        foreach (var task in tasks)
        {
            var commit = task.Prepare();
            foreach (var transition in commit.Transitions) publish(transition);
            foreach (var letter in commit.DeadLetters) bury(letter);
            task.Committed();
        }
    }
}
