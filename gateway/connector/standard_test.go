package connector

import (
	"testing"
	"time"
)

// TestPublishedVector is the example of the Standard Webhooks specification.
func TestPublishedVector(t *testing.T) {
	key, ok := secretKey("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if !ok {
		t.Fatal("the secret of the example is refused")
	}
	s := stamped{
		id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: "1614265330", body: []byte(`{"test": 2432232314}`),
		signatures: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
	}
	if !s.signedBy(key) {
		t.Error("the signature of the example does not verify")
	}
	if err := s.fresh(time.Unix(1614265330, 0).Add(Tolerance)); err != nil {
		t.Errorf("within the tolerance: %v", err)
	}
	s.body = []byte(`{"test": 2432232315}`)
	if s.signedBy(key) {
		t.Error("the signature verifies for another body")
	}
}

func TestSecretKey(t *testing.T) {
	for secret, want := range map[string]bool{
		"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw":     true,
		"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw":           false,
		"whsec_":                                     false,
		"whsec_c2hvcnQ=":                             false,
		"whsec_not base64 at all, though it is long": false,
	} {
		if _, ok := secretKey(secret); ok != want {
			t.Errorf("%q: accepted %v, want %v", secret, ok, want)
		}
	}
}
