package ws

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"strconv"
	"strings"
	"sync"
)

// Compression is permessage-deflate of RFC 7692 without context takeover on either
// side: each message stands for itself. So a frame is compressed once for all who
// get it, and no connection keeps a window. What one connection alone is sent is
// never compressed: that costs more than it saves.

// leastDeflate is the size of a frame, in bytes, from which on it is compressed. A
// frame with one comment gets no smaller.
const leastDeflate = 1 << 10

// deflateAnswer is the extension as we agree to it.
const deflateAnswer = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"

// offersDeflate reports whether one of the offers in a Sec-WebSocket-Extensions
// header is one that we can agree to, RFC 7692 section 7.1.
func offersDeflate(header string) bool {
	for offer := range strings.SplitSeq(header, ",") {
		name, parameters, some := strings.Cut(offer, ";")
		if strings.EqualFold(strings.TrimSpace(name), "permessage-deflate") && (!some || agreeable(parameters)) {
			return true
		}
	}
	return false
}

// agreeable reports whether the parameters of an offer ask for nothing that we do
// not do. Our window is the largest, so whoever bounds it is declined.
func agreeable(parameters string) bool {
	seen := map[string]bool{}
	for p := range strings.SplitSeq(parameters, ";") {
		name, value, valued := strings.Cut(strings.TrimSpace(p), "=")
		name, value = strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value)
		if seen[name] {
			return false
		}
		seen[name] = true
		switch name {
		case "server_no_context_takeover", "client_no_context_takeover":
			if valued {
				return false
			}
		case "client_max_window_bits":
			if bits, err := strconv.Atoi(strings.Trim(value, `"`)); valued && (err != nil || bits < 8 || bits > 15) {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// flushed is what ends each message, RFC 7692 section 7.2: the sender leaves it
// out and the receiver puts it back. Behind it comes an empty last block, so that
// a reader finds the end.
const (
	flushed = "\x00\x00\xff\xff"
	ending  = flushed + "\x01\x00\x00\xff\xff"
)

var deflaters = sync.Pool{New: func() any {
	w, err := flate.NewWriter(io.Discard, flate.BestSpeed)
	if err != nil {
		panic("BUG: there is no such level: " + err.Error())
	}
	return w
}}

// deflate compresses a payload.
func deflate(payload []byte) []byte {
	w := deflaters.Get().(*flate.Writer) //nolint:forcetypeassert // the pool holds nothing else.
	defer deflaters.Put(w)
	var out bytes.Buffer
	out.Grow(len(payload)/2 + 64)
	w.Reset(&out)
	_, err := w.Write(payload)
	if err = errors.Join(err, w.Flush()); err != nil {
		panic("BUG: a buffer does not take bytes: " + err.Error())
	}
	return bytes.TrimSuffix(out.Bytes(), []byte(flushed))
}

// wireDeflated is wireText with the large frames compressed; plain is what that
// gave, which is returned if nothing gets smaller.
func wireDeflated(plain []byte, frames ...[]byte) []byte {
	b := make([]byte, 0, len(plain)/2)
	smaller := false
	for _, f := range frames {
		at := len(b)
		if len(f) >= leastDeflate {
			if packed := deflate(f); len(packed) < len(f) {
				b = appendFrame(b, opText, packed)
				b[at] |= packedBit
				smaller = true
				continue
			}
		}
		b = appendFrame(b, opText, f)
	}
	if !smaller {
		return plain
	}
	return b
}

var inflaters = sync.Pool{New: func() any { return flate.NewReader(strings.NewReader("")) }}

// errBomb says that a message is larger than the limit once it is inflated.
var errBomb = errors.New("websocket: the message is too large when it is inflated")

// inflate is what a client compressed, at most limit bytes of it: no more than
// that is ever made. The error is errBomb or a wireFault.
func inflate(data []byte, limit int) ([]byte, error) {
	r := inflaters.Get().(io.ReadCloser) //nolint:forcetypeassert // the pool holds nothing else.
	defer inflaters.Put(r)
	// Every reader of the package can be reset.
	if err := r.(flate.Resetter).Reset(io.MultiReader(bytes.NewReader(data), strings.NewReader(ending)), nil); err != nil { //nolint:forcetypeassert // see above.
		panic("BUG: resetting a reader: " + err.Error())
	}
	out, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	switch {
	case len(out) > limit:
		return nil, errBomb
	case err != nil:
		return nil, wireFault("a message that does not inflate")
	}
	return out, nil
}
