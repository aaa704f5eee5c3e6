using System.Net.NetworkInformation;

namespace PredMaint.Testing;

/// <summary>For programs that must be told where to listen.</summary>
public static class FreePort
{
    /// <summary>One that nobody listens on now.</summary>
    public static int Next() => First([0]);

    /// <summary>One from which the ports at all these distances are free.</summary>
    public static int First(IReadOnlyCollection<int> distances)
    {
        var taken = Taken();
        // Below the ports that the system gives to outgoing connections.
        return Enumerable.Range(0, 1000).Select(_ => Random.Shared.Next(20_000, 32_000)).First(first => !distances.Any(d => taken.Contains(first + d)));
    }

    /// <summary>Those that somebody listens on.</summary>
    public static IReadOnlySet<int> Taken() => IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Select(e => e.Port).ToHashSet();
}
