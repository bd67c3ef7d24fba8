//go:build amd64 || arm64

package clickhouse

import "unsafe"

// fetch begins to fetch a [live.Entry], the texts of another, and the data of that,
// and waits for nothing. Go has no way of its own to say so. No address is wrong: what
// cannot be fetched is not.
//
//go:noescape
func fetch(fact, texts, data unsafe.Pointer)
