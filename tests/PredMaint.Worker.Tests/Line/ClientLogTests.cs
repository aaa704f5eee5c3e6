using Confluent.Kafka;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using PredMaint.Worker.Line;

namespace PredMaint.Worker.Tests.Line;

public sealed class ClientLogTests
{
    private readonly FakeTimeProvider time = new();

    /// <summary>A line has several clients; each says it at every connection that fails.</summary>
    [Fact]
    public void An_outage_is_said_once_however_long_it_lasts_and_the_next_one_again()
    {
        using var said = new LogKeeper();
        var log = new ClientLog(said.CreateLogger("line-0"), time);
        for (var i = 0; i < 60; i++)
        {
            log.Write(new Error(ErrorCode.Local_AllBrokersDown, "3/3 brokers are down"));
            time.Advance(TimeSpan.FromSeconds(1));
        }
        Assert.Equal(["line-0: Kafka client: Local_AllBrokersDown: 3/3 brokers are down"], said.AtLeast(LogLevel.Warning));
        log.Succeeded();
        log.Write(new Error(ErrorCode.Local_AllBrokersDown, "3/3 brokers are down"));
        Assert.Equal(2, said.AtLeast(LogLevel.Warning).Count);
    }

    [Fact]
    public void An_outage_that_follows_another_at_once_is_said_if_it_lasts()
    {
        using var said = new LogKeeper();
        var log = new ClientLog(said.CreateLogger("line-0"), time);
        log.Write(new Error(ErrorCode.Local_AllBrokersDown, "1/1 brokers are down"));
        // A line without readings commits nothing: that it is connected has to do.
        log.Connected();
        for (var i = 0; i < 60; i++)
        {
            log.Write(new Error(ErrorCode.Local_AllBrokersDown, "1/1 brokers are down"));
            time.Advance(TimeSpan.FromSeconds(1));
        }
        Assert.Equal(2, said.AtLeast(LogLevel.Warning).Count);
    }

    /// <summary>A client that was not polled hands on what it has to say in one go.</summary>
    [Fact]
    public void What_is_left_of_an_outage_when_it_is_over_is_said_once_at_most()
    {
        using var said = new LogKeeper();
        var log = new ClientLog(said.CreateLogger("line-0"), time);
        log.Write(new Error(ErrorCode.Local_AllBrokersDown, "1/1 brokers are down"));
        time.Advance(TimeSpan.FromMinutes(5));
        for (var i = 0; i < 8; i++)
        {
            log.Succeeded();
            log.Write(new Error(ErrorCode.Local_AllBrokersDown, "1/1 brokers are down"));
        }
        Assert.Equal(2, said.AtLeast(LogLevel.Warning).Count);
    }

    /// <summary>One broker's certificate was renewed late in the morning; in the evening all are away.</summary>
    [Fact]
    public void An_outage_long_after_a_refusal_is_an_outage_and_one_right_after_it_is_not()
    {
        using var said = new LogKeeper();
        var log = new ClientLog(said.CreateLogger("line-0"), time);
        var down = new Error(ErrorCode.Local_AllBrokersDown, "3/3 brokers are down");
        log.Write(new Error(ErrorCode.Local_Authentication, "refused"));
        log.Connected();
        log.Write(down);
        Assert.Equal(ErrorCode.Local_Authentication, Assert.Throws<KafkaException>(log.ThrowIfDistrusted).Error.Code);
        time.Advance(TimeSpan.FromMinutes(2));
        log.Connected();
        log.Write(down);
        log.ThrowIfDistrusted();
    }

    [Fact]
    public void An_error_that_comes_again_and_again_is_said_every_ten_seconds_and_does_not_hide_another()
    {
        using var said = new LogKeeper();
        var log = new ClientLog(said.CreateLogger("line-0"), time);
        for (var i = 0; i < 1000; i++)
        {
            log.Write(new Error(ErrorCode.Local_Authentication, $"refused after {i % 7} ms"));
            time.Advance(TimeSpan.FromMilliseconds(15));
        }
        log.Write(new Error(ErrorCode.Local_Ssl, "certificate expired"));
        Assert.Equal(
            ["line-0: Kafka client: Local_Authentication: refused after 0 ms", "line-0: Kafka client: Local_Authentication: refused after 2 ms", "line-0: Kafka client: Local_Ssl: certificate expired"],
            said.AtLeast(LogLevel.Warning));
    }
}
