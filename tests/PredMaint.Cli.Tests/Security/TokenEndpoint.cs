using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;

namespace PredMaint.Cli.Tests.Security;

/// <summary>Gives tokens to whoever knows the secret (OAuth 2.0, RFC 6749 section 4.4); the broker believes them unsigned.</summary>
internal sealed class TokenEndpoint : IDisposable
{
    public const string Client = "oidc-worker";
    public const string Secret = "oidc-secret";

    /// <summary>The one that may be asked for.</summary>
    public const string Scope = "readings";

    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly X509Certificate2? certificate;

    /// <param name="certificate">For https, its owner from now on this endpoint; null for http.</param>
    public TokenEndpoint(X509Certificate2? certificate = null)
    {
        this.certificate = certificate;
        listener.Start();
        Url = $"{(certificate is null ? "http" : "https")}://localhost:{((IPEndPoint)listener.LocalEndpoint).Port}/token";
        _ = ServeAsync();
    }

    public string Url { get; }

    public void Dispose()
    {
        listener.Dispose();
        certificate?.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true) _ = AnswerAsync(await listener.AcceptTcpClientAsync());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The tests are done with it.
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        using var _ = client;
        try
        {
            if (certificate is null)
            {
                await AnswerAsync(client.GetStream());
                return;
            }
            await using var tls = new SslStream(client.GetStream());
            await tls.AuthenticateAsServerAsync(certificate);
            await AnswerAsync(tls);
            // OpenSSL takes a connection that ends without it for one that was cut.
            await tls.ShutdownAsync();
        }
        catch (Exception e) when (e is IOException or AuthenticationException)
        {
            // Who does not believe us hangs up.
        }
    }

    private static async Task AnswerAsync(Stream stream)
    {
        using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (await reader.ReadLineAsync() is { Length: > 0 } line)
            if (line.Split(": ", 2) is [var name, var value]) headers[name] = value;
        var body = new char[int.Parse(headers.GetValueOrDefault("Content-Length", "0"), System.Globalization.CultureInfo.InvariantCulture)];
        await reader.ReadBlockAsync(body);

        var isKnown = headers.GetValueOrDefault("Authorization") == $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Client}:{Secret}"))}";
        var scope = new string(body).Split('&').FirstOrDefault(p => p.StartsWith("scope=", StringComparison.Ordinal));
        var (status, answer) =
            !isKnown ? ("401 Unauthorized", """{"error":"invalid_client","error_description":"the secret is wrong"}""")
            : scope is not null and not $"scope={Scope}" ? ("400 Bad Request", """{"error":"invalid_scope"}""")
            : ("200 OK", JsonSerializer.Serialize(new { access_token = Token(), token_type = "Bearer", expires_in = (int)Lifetime.TotalSeconds }));
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {answer.Length}\r\nConnection: close\r\n\r\n{answer}"));
    }

    private static string Token()
    {
        var now = TimeProvider.System.GetUtcNow();
        var claims = new { sub = Client, iat = now.ToUnixTimeSeconds(), exp = now.Add(Lifetime).ToUnixTimeSeconds() };
        return $"{Part("""{"alg":"none"}""")}.{Part(JsonSerializer.Serialize(claims))}.";
    }

    private static string Part(string json) => Convert.ToBase64String(Encoding.UTF8.GetBytes(json)).TrimEnd('=').Replace('+', '-').Replace('/', '_');
}
