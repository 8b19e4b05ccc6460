package config

import (
	"net/netip"

	"github.com/restante/restante/serve"
)

// unixProxies in a list of proxies stands for who connects to Unix sockets.
const unixProxies = "unix"

// proxiesOf answers the proxies that a list names; those that cannot be read are
// left out.
func proxiesOf(list []string) serve.Proxies {
	var p serve.Proxies
	for _, text := range list {
		if text == unixProxies {
			p.Unix = true
		} else if prefix, ok := parseNetwork(text); ok {
			p.From = append(p.From, prefix)
		}
	}
	return p
}

// parseNetwork reads an address or a network.
func parseNetwork(text string) (netip.Prefix, bool) {
	if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), true
	}
	p, err := netip.ParsePrefix(text)
	return p.Masked(), err == nil
}

// IMAPProxies are behind which IMAP clients are.
func (c Config) IMAPProxies() serve.Proxies { return proxiesOf(c.IMAP.ProxyFrom) }

// LMTPProxies are behind which mail transfer agents are.
func (c Config) LMTPProxies() serve.Proxies { return proxiesOf(c.LMTP.ProxyFrom) }

func (p *problems) networks(key string, list []string) {
	for _, text := range list {
		if _, ok := parseNetwork(text); !ok && text != unixProxies {
			p.addf(key, "%q is not an address, a network such as 192.0.2.0/24, or \"unix\"", text)
		}
	}
}
