using PredMaint.Core.Machines;
using PredMaint.Core.Models;
using PredMaint.Core.Readings;
using PredMaint.Worker.Configuration;
using PredMaint.Worker.Line;

namespace PredMaint.Worker.Models;

/// <summary>The models that one thread works with, and what is cut to their measure: its scorer, its decoder, the slots of its batch.</summary>
internal sealed class ThreadModels : IDisposable
{
    private readonly ModelShelf shelf;
    private readonly WorkerOptions options;
    private readonly ReadingBatch batch;
    private readonly TaskCounters counters;
    private readonly Action<ScoredStep>? observe;
    private IReadOnlyList<ModelEntry> models;

    /// <param name="counters">Of the thread; they go on counting under other models.</param>
    public ThreadModels(ModelShelf shelf, WorkerOptions options, ReadingBatch batch, TaskCounters counters, Action<ScoredStep>? observe)
    {
        (this.shelf, this.options, this.batch, this.counters, this.observe) = (shelf, options, batch, counters, observe);
        models = shelf.Take();
        Scorer = NewScorer();
        FitBatch();
    }

    public Scorer Scorer { get; private set; }

    /// <summary>Others are at work by now.</summary>
    public bool AreOld => shelf.Current != models;

    /// <summary>Goes over to the models at work, with all that the tasks hold.</summary>
    public void Renew(Assignment assignment)
    {
        // What a wait for brokers has collected was decoded for the models of before.
        assignment.Admit(batch);
        Scorer.Score();
        var (old, before) = (models, Scorer);
        models = shelf.Take();
        Scorer = NewScorer();
        foreach (var task in assignment.AllTasks) task.Use(Scorer);
        FitBatch();
        before.Release();
        shelf.Return(old);
    }

    public void Dispose()
    {
        Scorer.Release();
        shelf.Return(models);
    }

    private Scorer NewScorer() => new(models, Scorer.SensorsOf(models), options.Readings, options.BatchMax, counters, observe);

    private void FitBatch() => batch.Use(new WideJsonDecoder(Scorer.Sensors, options.Readings), Scorer.Sensors.Count);
}
