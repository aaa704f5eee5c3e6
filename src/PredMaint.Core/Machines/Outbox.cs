using PredMaint.Core.Alerts;
using PredMaint.Core.Readings;

namespace PredMaint.Core.Machines;

/// <summary>What a partition has to say and no commit has published yet.</summary>
internal sealed class Outbox
{
    public List<Transition> Transitions { get; } = [];

    public List<DeadLetter> DeadLetters { get; } = [];

    /// <summary>About as many as they take, and what is to be saved for them.</summary>
    public int Bytes { get; set; }

    public void Add(Transition transition)
    {
        Transitions.Add(transition);
        Bytes += transition.Json.Length;
    }

    public void Add(DeadLetter letter)
    {
        DeadLetters.Add(letter);
        Bytes += (letter.Key?.Length ?? 0) + (letter.Value?.Length ?? 0);
    }

    public void Clear()
    {
        Transitions.Clear();
        DeadLetters.Clear();
        Bytes = 0;
    }
}
