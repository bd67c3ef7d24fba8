package gateway_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"showrunner/live"
)

// A red packet over HTTP: the commitment before it opens, no seed and no share
// before it closes, and then a proof from which its order can be done again
// without this module's help, and its split by the program of docs/fairness.md.
func TestRedPacketByHTTP(t *testing.T) {
	e := newEnv(t)
	room, show := e.stage("m1")
	owner, viewer := e.as(live.RoleMerchant, "m1", "owner"), e.as(live.RoleViewer, "m1", "v1")
	e.want(200, "POST", "/v1/shows/"+show+"/start", owner, nil)
	e.want(200, "POST", "/v1/shows/"+show+"/commands", owner, obj{
		"command_id": "p", "command": "drop_red_packet", "data": obj{"total_minor": 5000, "count": 20, "countdown_s": 60, "open_s": 600},
	})
	dropped := e.want(200, "GET", "/v1/shows/"+show+"/red-packets", viewer, nil).items()[0].(obj)
	id := dropped["packet_id"].(string)
	path := "/v1/red-packets/" + id
	if dropped["state"] != "waiting" || len(dropped["seed_commit"].(string)) != 64 || dropped["claims_hash"] != dropped["terms_hash"] || dropped["seed"] != nil {
		t.Errorf("dropped: %v", dropped)
	}
	e.advance(time.Minute)
	told := map[string]live.PacketShare{}
	for i := range 12 {
		who := fmt.Sprint("v", i)
		got, err := e.store.ClaimPacket(t.Context(), live.ClaimPacket{Room: live.RoomID(room), Packet: id, By: live.Principal{Subject: who, Role: live.RoleViewer, Merchant: "m1"}})
		if err != nil {
			t.Fatal(err)
		}
		told[who] = got
	}
	if open := e.want(200, "GET", path, viewer, nil); open.json["state"] != "open" || open.json["seed"] != nil || len(open.json["shares"].([]any)) != 0 || open.json["claimed"] != 12.0 {
		t.Errorf("open: %s", open.raw)
	}
	e.want(200, "POST", "/v1/shows/"+show+"/end", owner, nil)
	closed := e.want(200, "GET", path, viewer, nil)

	// From here on nothing but the published JSON and a hash.
	var p struct {
		Packet string `json:"packet_id"`
		Total  int64  `json:"total_minor"`
		Count  int64  `json:"count"`
		Money  string `json:"currency"`
		Commit string `json:"seed_commit"`
		Terms  string `json:"terms_hash"`
		Seed   string `json:"seed"`
		Claims string `json:"claims_hash"`
		Given  int64  `json:"claimed_minor"`
		Back   int64  `json:"returned_minor"`
		Shares []struct {
			N     int64  `json:"n"`
			Minor int64  `json:"amount_minor"`
			Entry string `json:"entry"`
			Link  string `json:"link"`
		} `json:"shares"`
	}
	if err := json.Unmarshal([]byte(closed.raw), &p); err != nil {
		t.Fatal(err)
	}
	lines := func(parts ...any) string {
		h := sha256.Sum256([]byte(strings.Join(strings.Fields(fmt.Sprintln(parts...)), "\n")))
		return hex.EncodeToString(h[:])
	}
	seed, err := hex.DecodeString(p.Seed)
	if h := sha256.Sum256(seed); err != nil || hex.EncodeToString(h[:]) != dropped["seed_commit"] || p.Commit != dropped["seed_commit"] {
		t.Errorf("the seed %q is not the one that was promised: %v", p.Seed, err)
	}
	link := lines(p.Packet, p.Total, p.Count, p.Money, p.Commit)
	if link != dropped["terms_hash"] || link != p.Terms {
		t.Errorf("the terms changed: %s", closed.raw)
	}
	var given int64
	for i, s := range p.Shares {
		link = lines(link, s.N, s.Minor, s.Entry)
		given += s.Minor
		mine := told[fmt.Sprint("v", i)]
		if s.N != int64(i+1) || s.Link != link || mine.Link != link || mine.Minor != s.Minor || s.Entry != lines(id, fmt.Sprint("v", i), mine.Nonce) {
			t.Errorf("share %d is %+v, its owner was told %+v", i+1, s, mine)
		}
	}
	if link != p.Claims || given != p.Given || p.Given+p.Back != p.Total || len(p.Shares) != 12 {
		t.Errorf("the chain ends in %s and gives %d: %s", link, given, closed.raw)
	}
	for _, mine := range told {
		if strings.Contains(closed.raw, mine.Nonce) {
			t.Error("the proof tells a nonce, and so who a claimant is")
		}
	}
	checkByProgram(t, closed.raw)

	e.want(404, "GET", path, e.as(live.RoleViewer, "m2", "x"), nil)
	e.want(404, "GET", path, e.as(live.RoleViewer, "m1", "x", "other-room"), nil)
	e.want(404, "GET", "/v1/red-packets/nope", viewer, nil)
}

// checkByProgram runs the program of docs/fairness.md on what the server
// answered.
func checkByProgram(t *testing.T, proof string) {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Log("SKIPPED the program of docs/fairness.md: ", err)
		return
	}
	page, err := os.ReadFile("../docs/fairness.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "```python\n")
	program, _, _ := strings.Cut(rest, "```\n")
	file := filepath.Join(t.TempDir(), "proof.json")
	if err := os.WriteFile(file, []byte(proof), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), python, "-c", program, "packet", file).CombinedOutput()
	if err != nil || !strings.HasPrefix(string(out), "the red packet is as it was promised: 12 of 20 shares taken") {
		t.Errorf("%v: %s", err, out)
	}
}
