using PredMaint.Testing;
using Xunit.Sdk;

namespace PredMaint.Worker.Tests.Testing;

public sealed class RunningProgramTests
{
    private const string Shell = "/bin/sh";
    private const int Killed = 128 + 9;

    [Fact]
    public async Task Output_errors_environment_and_exit_code_are_kept()
    {
        await using var program = Run("echo out $GREETING; echo err >&2; exit 3");
        Assert.Equal(3, await program.ExitAsync());
        Assert.Equal("out hello", program.Output);
        Assert.Equal("err", program.Errors);
    }

    [Fact]
    public async Task A_line_is_awaited_and_a_crash_caused()
    {
        await using var program = Run("echo ready; exec tail -f /dev/null");
        Assert.Equal("ready", await program.LineAsync("ready"));
        Assert.False(program.HasExited);
        await program.KillAsync();
        Assert.Equal(Killed, await program.ExitAsync());
    }

    [Fact]
    public async Task A_program_asked_to_stop_may_clean_up()
    {
        await using var program = Run("trap 'echo stopped; exit 0' TERM; echo ready; while :; do read -r x </dev/null; done");
        await program.LineAsync("ready");
        program.Terminate();
        Assert.Equal(0, await program.ExitAsync());
        Assert.EndsWith("stopped", program.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_line_that_never_comes_fails_with_what_came()
    {
        await using var program = Run("echo something else");
        var failure = await Assert.ThrowsAsync<FailException>(() => program.LineAsync("ready"));
        Assert.Contains("something else", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_condition_that_never_holds_fails_and_says_which()
    {
        var failure = await Assert.ThrowsAsync<FailException>(() => Eventually.TrueAsync(() => false, "the moon", TimeSpan.FromMilliseconds(50), () => "cheese"));
        Assert.Contains("the moon", failure.Message, StringComparison.Ordinal);
        Assert.Contains("cheese", failure.Message, StringComparison.Ordinal);
    }

    private static RunningProgram Run(string script) =>
        RunningProgram.StartFile(Shell, AppContext.BaseDirectory, new Dictionary<string, string?>(StringComparer.Ordinal) { ["GREETING"] = "hello" }, "-c", script);
}
