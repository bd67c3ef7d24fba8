package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"sync"
	"time"

	"showrunner/live"
	"showrunner/live/store"
)

// networks names the networks viewers come from, so that many persons of one can
// be seen as such in the log, and nothing else: the name says nothing of the
// address without the merchant's secret, and is another in every show.
type networks struct {
	store *store.Store
	mu    sync.Mutex
	keys  map[live.MerchantID][]byte
}

// name is that of a public address in the room's show; empty when none is on air.
func (n *networks) name(room live.Room, address string) string {
	show, ok := n.store.OnAir(room.ID)
	at, err := netip.ParseAddr(address)
	if !ok || err != nil {
		return ""
	}
	at = at.Unmap()
	if at.Is6() { // A household has a /64 of its own.
		if p, err := at.Prefix(64); err == nil {
			at = p.Addr()
		}
	}
	key := n.key(room.Merchant)
	if key == nil {
		return ""
	}
	mac := hmac.New(sha256.New, key)
	_, _ = mac.Write([]byte("network\x00" + string(show.ID) + "\x00" + at.String())) // It never fails.
	return hex.EncodeToString(mac.Sum(nil)[:8])
}

// key is the merchant's secret; nil while the store does not answer.
func (n *networks) key(m live.MerchantID) []byte {
	n.mu.Lock()
	defer n.mu.Unlock()
	if k := n.keys[m]; k != nil {
		return k
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	k, err := n.store.NetworkKey(ctx, m)
	if err != nil {
		return nil
	}
	if n.keys == nil {
		n.keys = map[live.MerchantID][]byte{}
	}
	n.keys[m] = k
	return k
}
