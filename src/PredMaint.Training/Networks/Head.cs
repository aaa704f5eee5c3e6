using System.Text.Json.Nodes;
using TorchSharp;
using static TorchSharp.torch;

namespace PredMaint.Training.Networks;

/// <summary>What a network says.</summary>
public enum HeadKind { Life, Probability, Forecast }

/// <summary>What a network says from its hidden rows, how it learns to, and how that is exported.</summary>
internal abstract class Head(string name) : nn.Module<Tensor, Tensor>(name)
{
    /// <summary>Steps from zero state before what is said is trusted.</summary>
    public const int Warmup = 20;

    /// <summary>Of a manifest: anomaly or failure.</summary>
    public abstract string Kind { get; }

    /// <summary>The manifest's keys that depend on it: outputs and what belongs to them.</summary>
    public abstract JsonObject Manifest { get; }

    /// <summary>How many of a machine's first steps it is taught, and its readings are normalised, by.</summary>
    public abstract int Steps(Series series);

    /// <summary>The part of a machine's steps that it learns from this time.</summary>
    public abstract Stretch Choose(Series series, Random random);

    /// <summary>A scalar.</summary>
    /// <param name="said">[T,B,K], what <see cref="nn.Module{T1,TResult}.call"/> made of the hidden rows.</param>
    public abstract Tensor Loss(Tensor said, Batch batch, Normaliser normaliser);

    /// <summary>Outputs [T,B,K] by the names that they have in the graph.</summary>
    public abstract IReadOnlyList<(string Name, Tensor Values)> Predict(Tensor said, Normaliser normaliser);

    /// <summary>What a difference of 1 in an output is measured by.</summary>
    /// <param name="column">Of the output's K.</param>
    public virtual float Scale(int column, float expected, Normaliser normaliser) => Math.Max(1, Math.Abs(expected));

    /// <summary>What several networks say together, [T,B,K].</summary>
    public virtual Tensor Combine(IReadOnlyList<Tensor> said) => stack(said).mean([0]);

    /// <summary>ONNX nodes from the hidden rows [B,H]; returns the name of what is said, whose mean over networks is what they say together.</summary>
    /// <param name="prefix">Of all names, where a graph has several heads.</param>
    public abstract string ExportSaid(OnnxGraph g, string row, string prefix);

    /// <summary>ONNX nodes from what is said to the outputs [B,K].</summary>
    /// <param name="constants">Names of the normaliser's mean and deviation.</param>
    public abstract void ExportOutputs(OnnxGraph g, string said, (string Mean, string Deviation) constants);

    public static Head Create(NetworkSpec spec) => spec.Head switch
    {
        HeadKind.Life => new LifeHead(spec.Width, spec.LifeLimit),
        HeadKind.Probability => new ProbabilityHead(spec.Width, spec.Horizon),
        _ => new ForecastHead(spec.Width, spec.Sensors, spec.LifeLimit),
    };
}
