namespace PredMaint.Worker.Line;

/// <summary>What a consumer has fetched of the readings.</summary>
public abstract class FetchedRecords : IDisposable
{
    /// <summary>Shows what there is, waiting only where there is nothing. The consumer's handlers run inside, before anything is shown.</summary>
    /// <param name="most">At most so many.</param>
    public abstract void Poll(TimeSpan wait, int most, Action<FetchedRecord> show);

    /// <summary>Before the consumer is closed.</summary>
    public abstract void Dispose();
}
