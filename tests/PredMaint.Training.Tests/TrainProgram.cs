using System.Reflection;

namespace PredMaint.Training.Tests;

/// <summary>The program, as a data scientist meets it.</summary>
internal static class TrainProgram
{
    public static (int Code, string Error) Run(out string output, params string[] args)
    {
        var (before, beforeError) = (Console.Out, Console.Error);
        using StringWriter said = new(), errors = new();
        Console.SetOut(said);
        Console.SetError(errors);
        try
        {
            var code = (int)typeof(Pipeline).Assembly.EntryPoint!.Invoke(null, BindingFlags.DoNotWrapExceptions, null, [args], null)!;
            output = said.ToString();
            return (code, errors.ToString().TrimEnd());
        }
        finally
        {
            Console.SetOut(before);
            Console.SetError(beforeError);
        }
    }
}
