using PredMaint.Training.Explain;

namespace PredMaint.Training.Tests.Lecture;

public sealed class VanishingGradientTests
{
    private const double Vanished = 1000;

    [Fact]
    public void Over_a_hundred_steps_it_vanishes_in_a_vanilla_RNN_and_not_in_an_LSTM_or_a_transformer()
    {
        var curves = VanishingGradient.Measure(steps: 100, seed: 1);
        Assert.Equal(["vanilla RNN", "LSTM", "causal transformer"], curves.Select(c => c.Network));
        Assert.All(curves, c => Assert.Equal(101, c.Norms.Length));
        Assert.True(curves[0].Fall > Vanished, $"the RNN's falls by {curves[0].Fall:G3}");
        Assert.True(curves[1].Fall < Vanished, $"the LSTM's falls by {curves[1].Fall:G3}");
        Assert.True(curves[2].Fall < Vanished, $"the transformer's falls by {curves[2].Fall:G3}");
    }

    [Fact]
    public void The_same_seed_gives_the_same_figures() =>
        Assert.Equal(VanishingGradient.Measure(5, seed: 3).SelectMany(c => c.Norms), VanishingGradient.Measure(5, seed: 3).SelectMany(c => c.Norms));

    [Fact]
    public void The_table_and_the_picture_show_every_network()
    {
        var curves = VanishingGradient.Measure(steps: 12, seed: 1);
        var lines = GradientReport.Table(curves).TrimEnd().Split('\n');
        Assert.Equal(["0", "1", "2", "5", "10", "12", "falls by"], lines.Skip(2).Select(l => l.Split('|')[1].Trim()));
        Assert.All(lines, l => Assert.Equal(curves.Count + 3, l.Split('|').Length));
        var file = Path.Combine(Path.GetTempPath(), $"predmaint-{Guid.NewGuid():N}.png");
        try
        {
            GradientReport.Draw(file, curves);
            Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], File.ReadAllBytes(file)[..4]);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
