package auth

import (
	"crypto/ed25519"
	"crypto/sha512"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/live"
)

// What names its key as our tokens do is judged as the library judges it.
func FuzzProve(f *testing.F) {
	a, err := Open(Config{Dir: f.TempDir(), Now: (&clock{start}).now})
	if err != nil {
		f.Fatal(err)
	}
	k := a.signer()
	good, err := a.Issue(live.Principal{Subject: "v1", Role: live.RoleViewer, Merchant: "m1"}, time.Hour)
	if err != nil {
		f.Fatal(err)
	}
	head, rest, _ := strings.Cut(good, ".")
	if head != k.head {
		f.Fatalf("tokens begin with %s, their key is looked for by %s", head, k.head)
	}
	payload, signature, _ := strings.Cut(rest, ".")
	f.Add(payload, signature, false)
	f.Add(payload, "", true)
	f.Add(payload, signature[:85]+"x", false)
	f.Add(payload+"=", "", true)
	f.Add("bnVsbA", "", true)
	f.Add("e30", signature+"\n", false)
	f.Add("e30.e30", "", true)
	f.Add("", "A", false)
	f.Fuzz(func(t *testing.T, payload, signature string, signed bool) {
		if signed { // Otherwise nearly all would fail by their signature.
			signature = segment.EncodeToString(ed25519.Sign(k.private, []byte(k.head+"."+payload)))
		}
		token := k.head + "." + payload + "." + signature
		var got, want claims
		proved, parsed := a.prove(token, &got), a.parse(token, &want)
		if (proved == nil) != (parsed == nil) {
			t.Fatalf("%q: %v, the library says %v", token, proved, parsed)
		}
		if diff := cmp.Diff(want, got); proved == nil && diff != "" {
			t.Errorf("%q (-library +ours):\n%s", token, diff)
		}
	})
}

// A signature need not be the one that we would have made.
func TestAnotherSignatureOfTheKeyHolds(t *testing.T) {
	a := open(t, t.TempDir(), &clock{start})
	k := a.signer()
	good, err := a.Issue(live.Principal{Subject: "v1", Role: live.RoleViewer, Merchant: "m1"}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	dot := strings.LastIndexByte(good, '.')
	other := signWithNonceOf(t, k.private, []byte(good[:dot]))
	if segment.EncodeToString(other) == good[dot+1:] {
		t.Fatal("that is the signature that we make")
	}
	if _, err := a.Verify(good[:dot+1] + segment.EncodeToString(other)); err != nil {
		t.Errorf("a signature with another nonce: %v", err)
	}
	other[0] ^= 1
	if _, err := a.Verify(good[:dot+1] + segment.EncodeToString(other)); code(err) != "token_invalid" {
		t.Errorf("a broken one: %v", err)
	}
}

// signWithNonceOf signs as RFC 8032, section 5.1.6 does, but with a nonce whose
// point is known without arithmetic on the curve: the public key of another key.
func signWithNonceOf(t *testing.T, private ed25519.PrivateKey, message []byte) []byte {
	t.Helper()
	scalar := func(p ed25519.PrivateKey) *big.Int {
		h := sha512.Sum512(p.Seed())
		h[0] &= 248
		h[31] = h[31]&63 | 64
		return little(h[:32])
	}
	public, nonce, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	order, _ := new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)
	h := sha512.Sum512(slices.Concat(public, private.Public().(ed25519.PublicKey), message))
	s := new(big.Int).Mul(little(h[:]), scalar(private))
	s.Add(s, scalar(nonce)).Mod(s, order)
	raw := s.FillBytes(make([]byte, 32))
	slices.Reverse(raw)
	return append(slices.Clone(public), raw...)
}

// little reads a little-endian number.
func little(b []byte) *big.Int {
	b = slices.Clone(b)
	slices.Reverse(b)
	return new(big.Int).SetBytes(b)
}

func BenchmarkVerify(b *testing.B) {
	a, err := Open(Config{Dir: b.TempDir(), Now: (&clock{start}).now})
	if err != nil {
		b.Fatal(err)
	}
	token, err := a.Issue(live.Principal{Subject: "v1", Role: live.RoleViewer, Merchant: "m1"}, time.Hour)
	if err != nil {
		b.Fatal(err)
	}
	for name, verify := range map[string]func(string, *claims) error{"ours": a.prove, "library": a.parse} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var c claims
				if err := verify(token, &c); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
