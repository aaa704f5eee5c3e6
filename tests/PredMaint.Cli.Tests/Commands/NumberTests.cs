using System.CommandLine;

namespace PredMaint.Cli.Tests.Commands;

public sealed class NumberTests
{
    private static readonly HashSet<Type> Numbers = [typeof(int), typeof(short), typeof(long), typeof(double)];

    public static TheoryData<string, string> NumericOptions()
    {
        var found = new TheoryData<string, string>();
        Collect(CommandLine.Root(), "");
        return found;

        void Collect(Command command, string path)
        {
            foreach (var option in command.Options.Where(o => Numbers.Contains(Nullable.GetUnderlyingType(o.ValueType) ?? o.ValueType))) found.Add(path, option.Name);
            foreach (var child in command.Subcommands) Collect(child, $"{path} {child.Name}".Trim());
        }
    }

    [Theory]
    [MemberData(nameof(NumericOptions))]
    public void What_is_no_number_is_an_error_of_usage(string command, string option)
    {
        // Where a command as such is wrong, it says that first.
        string[] brokers = command is "simulate" ? ["--bootstrap", "x:1", "--topic", "t"] : [];
        Assert.Contains(CommandLine.Root().Parse([.. command.Split(' '), .. brokers, option, "abc"]).Errors, e => e.Message.Contains("abc", StringComparison.Ordinal));
    }
}
