using PredMaint.Training.Data;
using PredMaint.Training.Evaluation;
using PredMaint.Training.Learning;
using PredMaint.Training.Networks;

namespace PredMaint.Training.Tests;

/// <summary>Every architecture with every head, in every mode that it has.</summary>
public sealed class NetworkTests
{
    private const int Window = 24;

    private static readonly IReadOnlyList<Series> SeaLevel = [.. Cmapss.ReadTrain(Shipped.Data, "FD001").Take(3)];
    private static readonly IReadOnlyList<Series> SixConditions = [.. Cmapss.ReadTrain(Shipped.Data, "FD002").Take(3)];

    public static TheoryData<Architecture, HeadKind, int> Kinds()
    {
        var kinds = new TheoryData<Architecture, HeadKind, int>();
        foreach (var architecture in Enum.GetValues<Architecture>())
            foreach (var head in Enum.GetValues<HeadKind>())
            {
                kinds.Add(architecture, head, Window);
                if (architecture != Architecture.Transformer) kinds.Add(architecture, head, 0);
            }
        return kinds;
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void ONNX_Runtime_computes_what_TorchSharp_computes(Architecture architecture, HeadKind head, int steps)
    {
        // A forecast is of one condition; remaining life and probability are of six.
        var machines = head == HeadKind.Forecast ? [.. SeaLevel.Select(s => s.Only(Cmapss.Sensors))] : SixConditions;
        var spec = new NetworkSpec(architecture, head, Width: 16, machines[0].Features, head == HeadKind.Forecast ? [0] : [.. Cmapss.Altitudes], steps);
        using var net = FitJob.Fit(spec, machines, epochs: 2, seed: 1, "made", _ => { });
        Assert.InRange(Agreement.Of(net, machines), 0, Agreement.Tolerance);
    }

    [Theory]
    [InlineData(HeadKind.Life, 0)]
    [InlineData(HeadKind.Probability, 0)]
    [InlineData(HeadKind.Life, Window)]
    public void Several_networks_in_one_file_say_the_mean_of_what_each_says(HeadKind head, int steps)
    {
        var spec = new NetworkSpec(Architecture.Lstm, head, Width: 16, Cmapss.Features, [.. Cmapss.Altitudes], steps);
        var (one, two) = (FitJob.Fit(spec, SixConditions, epochs: 1, seed: 1, "one", _ => { }), FitJob.Fit(spec, SixConditions, epochs: 1, seed: 2, "two", _ => { }));
        var readings = new Batch([Stretch.Whole(SixConditions[0].Last(Window))]).Readings();
        var each = new[] { one, two }.Select(net => Shares(net.Say(readings))).ToArray();
        using var both = new Network([one, two]);
        var together = Shares(both.Say(readings));
        Assert.All(together.Select((t, i) => (t, each[0][i], each[1][i])), v => Assert.InRange(v.t, Math.Min(v.Item2, v.Item3) - 1e-5f, Math.Max(v.Item2, v.Item3) + 1e-5f));
        Assert.InRange(Agreement.Of(both, SixConditions), 0, Agreement.Tolerance);

        float[] Shares(TorchSharp.torch.Tensor said) => (head == HeadKind.Life ? TorchSharp.torch.nn.functional.softmax(said, -1) : said.sigmoid()).contiguous().data<float>().ToArray();
    }

    [Theory]
    [InlineData(Architecture.Rnn)]
    [InlineData(Architecture.Lstm)]
    [InlineData(Architecture.Transformer)]
    public void No_output_depends_on_a_later_reading(Architecture architecture)
    {
        var spec = new NetworkSpec(architecture, HeadKind.Probability, Width: 16, Cmapss.Features, [.. Cmapss.Altitudes], Steps: Window);
        using var net = FitJob.Fit(spec, SixConditions, epochs: 1, seed: 1, "made", _ => { });
        var whole = SixConditions[0] with { Values = SixConditions[0].Values[..(Window * Cmapss.Features.Count)] };
        var changed = whole with { Values = [.. whole.Values[..^Cmapss.Features.Count], .. whole.Reading(0)] };
        var (said, saidOfChanged) = (Said(whole), Said(changed));
        Assert.Equal(said[..^1], saidOfChanged[..^1]);
        Assert.NotEqual(said[^1], saidOfChanged[^1]);

        float[] Said(Series series) => net.Predict(new Batch([Stretch.Whole(series)]).Readings())[0].Values.contiguous().data<float>().ToArray();
    }

    [Theory]
    [InlineData(Architecture.Rnn)]
    [InlineData(Architecture.Lstm)]
    [InlineData(Architecture.Transformer)]
    public void It_learns_to_tell_a_dying_machine_from_a_young_one(Architecture architecture)
    {
        var machines = Cmapss.ReadTrain(Shipped.Data, "FD001").Take(20).ToList();
        var spec = new NetworkSpec(architecture, HeadKind.Probability, Width: 16, Cmapss.Features, [.. Cmapss.Altitudes], architecture == Architecture.Transformer ? Window : 0);
        var losses = new List<double>();
        using var net = FitJob.Fit(spec, machines, epochs: 60, seed: 1, "made", done => losses.Add(done.Loss.Fit));
        Assert.True(losses[^1] < losses[0] / 2, $"from {losses[0]} to {losses[^1]}");
        foreach (var machine in machines.Take(5))
        {
            // The last window, or the whole.
            var seen = spec.Steps > 0 ? machine.Last(Window) : machine;
            Assert.InRange(Last(seen), 0.5f, 1);
            Assert.InRange(Last(machine with { Values = machine.Values[..(40 * Cmapss.Features.Count)] } is var young && spec.Steps > 0 ? young.Last(Window) : young), 0, 0.3f);
        }

        float Last(Series series) => net.Predict(new Batch([Stretch.Whole(series)]).Readings())[0].Values.contiguous().data<float>().ToArray()[^1];
    }
}
