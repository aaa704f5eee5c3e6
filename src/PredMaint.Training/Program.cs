using System.CommandLine;
using System.CommandLine.Invocation;
using PredMaint.Training;

var parsed = new RootCommand("Trains models for PredMaint, from data to ONNX files, and judges them.") { TrainCommand.Create(), TurbofanCommand.Create(), NormalCommand.Create(), CalibrateCommand.Create(), EvaluateCommand.Create(), ExplainCommand.Create(), FitCommand.Create() }.Parse(args);
if (parsed.Action is ParseErrorAction) return Complain(ExitCodes.Wrong, [.. parsed.Errors.Select(e => e.Message)]);
try
{
    return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (DataException e)
{
    return Complain(ExitCodes.Wrong, e.Message.Split(Environment.NewLine));
}
catch (Exception e) when (e is InvalidOperationException or IOException or UnauthorizedAccessException or System.ComponentModel.Win32Exception)
{
    return Complain(ExitCodes.Failed, e.Message);
}

static int Complain(int code, params ReadOnlySpan<string> messages)
{
    foreach (var message in messages) Console.Error.WriteLine($"predmaint-train: {message}");
    return code;
}

namespace PredMaint.Training
{
    internal static class ExitCodes
    {
        public const int Done = 0;

        /// <summary>Failed while running.</summary>
        public const int Failed = 1;

        /// <summary>Wrong usage or data.</summary>
        public const int Wrong = 2;
    }
}
