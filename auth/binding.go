package auth

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"

	"github.com/xdg-go/scram"

	"github.com/restante/restante"
)

// canBind reports whether SCRAM's -PLUS forms can be offered on c.
func canBind(c Conn) bool {
	if c.TLS == nil {
		return false
	}
	_, err := endPoint(c)
	return err == nil || c.TLS.Version >= tls.VersionTLS13
}

// bindingFor answers the channel binding of the type that a client chose; of
// either type that c has, if it chose none.
func bindingFor(c Conn, bindingType string) (cb scram.ChannelBinding, err error) {
	switch scram.ChannelBindingType(bindingType) {
	case scram.ChannelBindingTLSExporter:
		cb, err = exporter(c)
	case scram.ChannelBindingTLSServerEndpoint:
		cb, err = endPoint(c)
	case scram.ChannelBindingNone:
		if cb, err = exporter(c); err != nil {
			cb, err = endPoint(c)
		}
	default:
		err = fmt.Errorf("channel binding type %.40q is not known", bindingType)
	}
	if err != nil {
		return cb, fmt.Errorf("channel binding: %v: %w", err, restante.ErrInvalid)
	}
	return cb, nil
}

// exporter is tls-exporter (RFC 9266): of TLS 1.3 always, of older versions
// with the extended master secret, which crypto/tls sees to. The context is the
// empty string (RFC 9266 §2), which before TLS 1.3 is another thing than none.
func exporter(c Conn) (scram.ChannelBinding, error) {
	data, err := c.TLS.ExportKeyingMaterial("EXPORTER-Channel-Binding", []byte{}, 32)
	return scram.ChannelBinding{Type: scram.ChannelBindingTLSExporter, Data: data}, err
}

// endPoint is tls-server-end-point (RFC 5929 §4): a hash of the server's own
// certificate. It is undefined for signatures that name no hash, such as
// Ed25519.
func endPoint(c Conn) (scram.ChannelBinding, error) {
	if c.Certificate == nil {
		return scram.ChannelBinding{}, errors.New("no certificate was shown")
	}
	// The library looks from the client's side, where the peer's is ours.
	return scram.NewTLSServerEndpointBinding(&tls.ConnectionState{PeerCertificates: []*x509.Certificate{c.Certificate}})
}

// isOurs reports whether an error has one of the kinds that Exchange answers.
func isOurs(err error) bool {
	return errors.Is(err, restante.ErrAuthFailed) || errors.Is(err, restante.ErrUnavailable)
}
