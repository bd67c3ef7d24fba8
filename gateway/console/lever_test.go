package console

import (
	"encoding/json"
	"fmt"
	"testing"
)

// key presses a key as a person does, on whatever has the focus.
func (b *browser) key(key, code string, number int, text string) {
	for _, kind := range []string{"keyDown", "keyUp"} {
		params := map[string]any{"type": kind, "key": key, "code": code, "windowsVirtualKeyCode": number}
		if kind == "keyDown" && text != "" {
			params["text"] = text
		}
		b.call("Input.dispatchKeyEvent", params)
	}
}

func (b *browser) enter() { b.key("Enter", "Enter", 13, "\r") }
func (b *browser) tab()   { b.key("Tab", "Tab", 9, "") }

// write types into what has the focus.
func (b *browser) write(text string) { b.call("Input.insertText", map[string]any{"text": text}) }

// tabTo goes on by the keyboard alone until an element has the focus.
func (b *browser) tabTo(selector string) {
	b.t.Helper()
	for range 120 {
		if b.eval(`document.activeElement.matches(`+fmt.Sprintf("%q", selector)+`)`) == true {
			return
		}
		b.tab()
	}
	b.t.Fatalf("the keyboard does not reach %s", selector)
}

// operatorPullsTheLevers gives every command of the panel of controls without a
// mouse, and reads beside each what became of it.
func operatorPullsTheLevers(t *testing.T, b *browser) {
	s := startScript(t)
	b.size(1280, 900)
	b.logIn(s, "operator")
	b.wait("the blocked words", `document.querySelectorAll("[data-word]").length === 2`)
	b.wait("the coupons", `document.querySelector('select[name="batch"]').options.length === 1`)
	said := func(group string) string {
		return `document.querySelector('[data-group="` + group + `"] .outcome').textContent`
	}
	sent := func(kind string, want map[string]any) {
		t.Helper()
		list := s.heard(kind)
		if len(list) == 0 {
			t.Errorf("%s was not sent", kind)
			return
		}
		data, _ := list[len(list)-1]["data"].(map[string]any)
		if data["command_id"] == "" || data["command_id"] == nil {
			t.Errorf("%s has no command_id: %v", kind, data)
		}
		delete(data, "command_id")
		if got, wanted := encoded(t, data), encoded(t, want); got != wanted {
			t.Errorf("%s carries %s, want %s", kind, got, wanted)
		}
	}
	done := func(group string) {
		t.Helper()
		b.wait("the word of "+group, said(group)+` === "Done."`)
	}
	lever := func(group, command string) string {
		return `[data-group="` + group + `"] [data-command="` + command + `"]`
	}
	pressed := func(group, command string) string {
		return `document.querySelector('` + lever(group, command) + `').getAttribute("aria-pressed")`
	}

	// What the room says is what the levers show.
	if got := b.eval(pressed("speech", "followers_only") + ` + ` + pressed("speech", "mute_all") + ` + document.querySelector('[data-group="speech"] input').value`); got != "truefalse3" {
		t.Errorf("the modes show %v", got)
	}
	b.tabTo(lever("speech", "mute_all"))
	b.enter()
	done("speech")
	b.wait("all are mute", pressed("speech", "mute_all")+` === "true"`)
	sent("mute_all", map[string]any{"on": true})
	b.enter()
	b.wait("all may write", pressed("speech", "mute_all")+` === "false"`)
	sent("mute_all", map[string]any{"on": false})
	b.tabTo(lever("speech", "comments_off"))
	b.enter()
	b.wait("comments are off", pressed("speech", "comments_off")+` === "true"`)
	sent("comments_off", map[string]any{"on": true})
	b.tabTo(lever("speech", "followers_only"))
	b.enter()
	b.wait("not only followers", pressed("speech", "followers_only")+` === "false"`)
	sent("followers_only", map[string]any{"on": false})
	b.tabTo(`[name="slow_mode"]`)
	b.eval(`document.activeElement.select()`)
	b.write("15")
	b.enter()
	b.wait("slow mode", fmt.Sprintf(`%s === "Done."`, said("speech")))
	sent("set_slow_mode", map[string]any{"seconds": 15})

	b.tabTo(`[name="keyword"]`)
	b.write("copycat")
	b.enter()
	b.wait("the word", `document.querySelector('[data-word="copycat"]')`)
	sent("block_keyword", map[string]any{"word": "copycat"})
	done("keywords")
	b.tabTo(`[data-word="fake"]`)
	b.enter()
	b.wait("the word goes", `!document.querySelector('[data-word="fake"]')`)
	sent("unblock_keyword", map[string]any{"word": "fake"})
	if got := b.eval(`document.activeElement.dataset.word`); got != "假货" {
		t.Errorf("the focus is on %v after a word went, not on the next word", got)
	}

	b.tabTo(`[name="host_to"]`)
	b.write("host-bo")
	b.enter()
	b.wait("the host", `document.querySelector('[data-now="host"]').textContent === "On now: host-bo"`)
	sent("handover_host", map[string]any{"host_id": "host-bo"})
	if got := b.eval(`[...document.querySelectorAll("#host-ids option")].map((o) => o.value).join()`); got != "host-ann,host-bo" {
		t.Errorf("the hosts to choose from are %v", got)
	}

	b.tabTo(`[name="window_minutes"]`)
	b.write("20")
	b.enter()
	b.wait("the coupons run", `document.querySelector('[data-now="coupon"]').textContent === "满99减10: 12 of 100 claimed"`)
	sent("drop_coupon", map[string]any{"batch_id": "b1", "task": "none", "window": "minutes", "window_minutes": 20})
	s.tell(events(300, fiberEvent("room_stats", map[string]any{"online": 812, "coupon": map[string]any{"batch_id": "b1", "claimed": 40, "total": 100}})))
	b.wait("the progress", `document.querySelector('[data-now="coupon"]').textContent.includes("40 of 100")`)
	b.tabTo(lever("coupons", "stop_coupon"))
	b.enter()
	b.wait("the coupons stop", `document.querySelector('[data-now="coupon"]').textContent === "Nothing runs."`)

	// Money is asked of twice, read exactly, and a refusal names its rule.
	b.tabTo(`[name="packet_total"]`)
	b.write("12.345")
	b.tabTo(`[name="packet_count"]`)
	b.write("8")
	b.enter()
	b.wait("the wrong sum", said("packet")+` === "That is not an amount of CNY."`)
	b.eval(`document.querySelector('[name="packet_total"]').value = ""; document.querySelector('[name="packet_total"]').focus()`)
	b.write("12.34")
	b.enter()
	b.wait("the question", `document.querySelector("dialog")?.textContent.includes("¥12.34 in 8 shares")`)
	b.tabTo(`dialog button[value="yes"]`)
	b.enter()
	b.wait("the refusal", said("packet")+` === "Refused: must be at most 1000 here, by red_packet_units"`)
	sent("drop_red_packet", map[string]any{"total_minor": 1234, "count": 8, "countdown_s": 60})
	if got := b.eval(`document.querySelector('[name="packet_total"]').value`); got != "12.34" {
		t.Errorf("what was refused is gone from the form: %v", got)
	}

	b.tabTo(`[name="prize"]`)
	b.write("Tea set")
	b.tabTo(`[name="prize_worth"]`)
	b.write("199")
	b.enter()
	b.wait("the question", `document.querySelector("dialog")?.textContent.includes("1 × Tea set")`)
	b.tabTo(`dialog button[value="yes"]`)
	b.enter()
	b.wait("the draw", `document.querySelector('[data-now="draw"]').textContent === "Tea set: 0 entries, open"`)
	sent("open_lucky_draw", map[string]any{"prize": "Tea set", "prize_minor": 19900, "winners": 1, "countdown_s": 120})
	b.shot("levers")
	s.tell(events(301, event("lucky_draw_closed", "closed1", map[string]any{"draw_id": "dr1", "state": "closed", "prize": "Tea set", "entries": 31})))
	b.wait("the draw may be drawn", `!document.querySelector('`+lever("draw", "draw")+`').disabled`)
	b.tabTo(lever("draw", "draw"))
	b.enter()
	done("draw")
	b.tabTo(`[name="draw_reason"]`)
	b.write("the prize broke")
	b.enter()
	b.wait("the question", `document.querySelector("dialog")`)
	b.tabTo(`dialog button[value="yes"]`)
	b.enter()
	b.wait("no draw", `document.querySelector('[data-now="draw"]').textContent === "Nothing runs."`)
	sent("cancel_lucky_draw", map[string]any{"reason": "the prize broke"})

	b.tabTo(`[data-explain="p1"]`)
	b.enter()
	b.wait("the explanation", `document.querySelector('[data-sku="k1"] .left').textContent.includes("being explained")`)
	sent("start_explain", map[string]any{"product_id": "p1"})
	b.eval(`document.querySelector('[data-explain="p1"]').click()`)
	b.wait("its end", `document.querySelector('[data-sku="k1"] .left').textContent.includes("explained 1×")`)
	sent("end_explain", map[string]any{"product_id": "p1"})

	b.tabTo("#prompt-text")
	b.write("Slow down")
	b.enter()
	b.wait("the prompt's word", `document.getElementById("outcome").textContent === "Done."`)
	sent("send_prompt", map[string]any{"text": "Slow down"})

	b.eval(`document.getElementById("logout").click()`)
}

func encoded(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// fiberEvent is an event without a name of its own: totals.
func fiberEvent(kind string, data map[string]any) map[string]any {
	e := event(kind, "", data)
	delete(e, "event_id")
	return e
}
