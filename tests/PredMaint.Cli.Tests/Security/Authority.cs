using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PredMaint.Cli.Tests.Security;

/// <summary>Issues certificates, made when they are asked for.</summary>
internal sealed class Authority : IDisposable
{
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    private readonly ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 certificate;

    public Authority(string name)
    {
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        certificate = request.CreateSelfSigned(Now.AddDays(-2), Now.AddDays(30));
    }

    public string Pem => certificate.ExportCertificatePem();

    /// <param name="host">For servers; null for clients.</param>
    /// <param name="isExpired">Its time was over yesterday.</param>
    public (string Certificate, ECDsa Key) Issue(string name, string? host = null, bool isExpired = false)
    {
        var own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", own, HashAlgorithmName.SHA256);
        if (host is not null)
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName(host);
            if (host == "localhost") names.AddIpAddress(IPAddress.Loopback);
            request.CertificateExtensions.Add(names.Build());
        }
        using var issued = request.Create(certificate, Now.AddDays(-2), isExpired ? Now.AddDays(-1) : Now.AddDays(29), RandomNumberGenerator.GetBytes(16));
        return (issued.ExportCertificatePem(), own);
    }

    public void Dispose()
    {
        key.Dispose();
        certificate.Dispose();
    }
}
