package gateway

import "net/netip"

// ClientOf is what a server with trusted proxies takes for the client.
func ClientOf(trusted []netip.Prefix, peer netip.Addr, header string) (netip.Addr, error) {
	return proxies{trusted}.client(peer, [][]byte{[]byte(header)})
}
