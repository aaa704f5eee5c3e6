namespace PredMaint.Training.Evaluation;

/// <summary>Errors of remaining life, in cycles, over pairs of what was predicted and what was true.</summary>
public static class LifeErrors
{
    public static double Rmse(IEnumerable<(double Predicted, double True)> lives) =>
        Math.Sqrt(lives.Average(p => (p.Predicted - p.True) * (p.Predicted - p.True)));

    /// <summary>
    /// The score of the PHM08 challenge (Saxena et al. 2008), a sum over engines; less is better, and a life predicted too long
    /// costs more than one too short: e^(d/10)-1 where d = predicted - true is positive, else e^(-d/13)-1.
    /// </summary>
    public static double NasaScore(IEnumerable<(double Predicted, double True)> lives) =>
        lives.Sum(p => Math.Exp(p.Predicted >= p.True ? (p.Predicted - p.True) / 10 : (p.True - p.Predicted) / 13) - 1);
}
