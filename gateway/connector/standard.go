package connector

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"showrunner/live"
	"showrunner/live/store"
)

// Standard Webhooks (https://www.standardwebhooks.com): what is signed is
// "<id>.<timestamp>.<body>" with HMAC-SHA256; the header carries a list of
// "v1,<base64>" separated by spaces, so that secrets can be rotated.
const (
	secretPrefix    = "whsec_"
	signatureScheme = "v1,"

	// Tolerance is how far the sender's clock may be off, both ways.
	Tolerance = 5 * time.Minute
	// Bounds of a secret, in bytes, after the standard.
	minSecret = 24
	maxSecret = 64
	// maxSignatures bounds the work on one request.
	maxSignatures = 16
)

// Standard is the name of the connector that takes Showrunner's own form.
const Standard = "standard"

type standard struct{ plain }

func (standard) Name() string { return Standard }

// Seal keeps the secret as it is: it is the only setting there is.
func (standard) Seal(s Settings) (string, error) {
	if _, err := seal(s, nil, []string{SettingSecret}); err != nil {
		return "", err
	}
	if _, ok := secretKey(s[SettingSecret]); !ok {
		return "", live.Invalid("invalid_field", SettingSecret, "must be whsec_ and %d to %d bytes in base64", minSecret, maxSecret)
	}
	return s[SettingSecret], nil
}

func (standard) Verify(sealed string, header, _ func(string) string, body []byte, now time.Time) error {
	s := stamped{id: header("webhook-id"), timestamp: header("webhook-timestamp"), signatures: header("webhook-signature"), body: body}
	if err := s.fresh(now); err != nil {
		return err
	}
	if key, ok := secretKey(sealed); ok && s.signedBy(key) {
		return nil
	}
	return forged("no signature was made with a secret of this source")
}

// Read leaves the facts to the caller, who decodes Showrunner's own form.
func (standard) Read(_ string, header func(string) string, body []byte) (store.Delivery, error) {
	return store.Delivery{Messages: []string{header("webhook-id")}, Own: body}, nil
}

func (standard) Reply(string) (contentType, body string) { return "", "" }

// stamped is what the three headers and the body say.
type stamped struct {
	id, timestamp, signatures string
	body                      []byte
}

// fresh checks the headers without any secret: that they are there and that
// the time is within the tolerance.
func (s *stamped) fresh(now time.Time) error {
	if s.id == "" || len(s.id) > 256 || s.timestamp == "" || s.signatures == "" {
		return forged("the headers webhook-id, webhook-timestamp and webhook-signature are required")
	}
	at, err := strconv.ParseInt(s.timestamp, 10, 64)
	if err != nil {
		return forged("webhook-timestamp must be in seconds since 1970")
	}
	if d := now.Sub(time.Unix(at, 0)); d > Tolerance || d < -Tolerance {
		return stale("webhook-timestamp", Tolerance)
	}
	return nil
}

func stale(what string, tolerance time.Duration) error {
	return live.Unauthenticated("webhook_timestamp_out_of_tolerance", "%s is more than %s off our clock", what, tolerance)
}

// signedBy reports whether one of the signatures was made with the key. Each
// comparison takes the same time whatever is in it.
func (s *stamped) signedBy(key []byte) bool {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(s.id + "." + s.timestamp + "."))
	mac.Write(s.body)
	want := mac.Sum(nil)
	ok := false
	for i, sig := range strings.Fields(s.signatures) {
		if i == maxSignatures {
			break
		}
		text, v1 := strings.CutPrefix(sig, signatureScheme)
		if !v1 {
			continue
		}
		got, err := base64.StdEncoding.DecodeString(text)
		if err == nil && hmac.Equal(got, want) {
			ok = true
		}
	}
	return ok
}

// secretKey reads a secret of the form whsec_<base64>.
func secretKey(secret string) ([]byte, bool) {
	text, ok := strings.CutPrefix(secret, secretPrefix)
	if !ok {
		return nil, false
	}
	key, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(key) < minSecret || len(key) > maxSecret {
		return nil, false
	}
	return key, true
}
