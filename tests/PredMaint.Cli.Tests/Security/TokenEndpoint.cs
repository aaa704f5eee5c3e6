using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace PredMaint.Cli.Tests.Security;

/// <summary>Gives tokens to whoever knows the secret (OAuth 2.0, RFC 6749 section 4.4); the broker believes them unsigned.</summary>
internal sealed class TokenEndpoint : IDisposable
{
    public const string Client = "oidc-worker";
    public const string Secret = "oidc-secret";

    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    private readonly HttpListener listener = new();

    public TokenEndpoint()
    {
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            Url = $"http://localhost:{((IPEndPoint)probe.LocalEndpoint).Port}/token";
        }
        listener.Prefixes.Add($"{Url}/");
        listener.Start();
        _ = ServeAsync();
    }

    public string Url { get; }

    public void Dispose() => listener.Close();

    private async Task ServeAsync()
    {
        try
        {
            while (true) Answer(await listener.GetContextAsync());
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            // The tests are done with it.
        }
    }

    private static void Answer(HttpListenerContext context)
    {
        var known = $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Client}:{Secret}"))}";
        var isKnown = context.Request.Headers["Authorization"] == known;
        var answer = isKnown
            ? JsonSerializer.Serialize(new { access_token = Token(), token_type = "Bearer", expires_in = (int)Lifetime.TotalSeconds })
            : """{"error":"invalid_client","error_description":"the secret is wrong"}""";
        context.Response.StatusCode = isKnown ? 200 : 401;
        context.Response.ContentType = "application/json";
        context.Response.Close(Encoding.UTF8.GetBytes(answer), willBlock: false);
    }

    private static string Token()
    {
        var now = TimeProvider.System.GetUtcNow();
        var claims = new { sub = Client, iat = now.ToUnixTimeSeconds(), exp = now.Add(Lifetime).ToUnixTimeSeconds() };
        return $"{Part("""{"alg":"none"}""")}.{Part(JsonSerializer.Serialize(claims))}.";
    }

    private static string Part(string json) => Convert.ToBase64String(Encoding.UTF8.GetBytes(json)).TrimEnd('=').Replace('+', '-').Replace('/', '_');
}
