package care

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var shop = Answers{Human: []string{"客服"}, List: []Answer{
	{ID: "size", Title: "Sizes", Text: "110", Kind: KindQA, Keywords: []string{"尺码", "size"}},
	{ID: "ship", Title: "Shipping", Text: "48 h", Kind: KindQA, Keywords: []string{"发货", "shipping"}},
	{ID: "ship-abroad", Title: "Abroad", Text: "14 days", Kind: KindQA, Keywords: []string{"shipping abroad"}},
	{ID: "return", Title: "Returns", Text: "7 days", Kind: KindQA, Keywords: []string{"退货"}},
	{ID: "own", Title: "For agents", Text: "size", Kind: KindQA},
}}

func TestBot(t *testing.T) {
	f := func(text string, given []string, want string, why HandOver) {
		t.Helper()
		a, got := shop.Reply(text, given)
		if a.ID != want || got != why {
			t.Errorf("%q after %v: answer %q, hand-over %q; want %q, %q", text, given, a.ID, got, want, why)
		}
	}
	f("what SIZE is it?", nil, "size", "")
	f("what ＳＩＺＥ?", nil, "size", "")
	f("Shipping  abroad?", nil, "ship-abroad", "")
	f("什么时候发货", nil, "ship", "")
	f("转人工", nil, "", HandOverAsked)
	f("转 人 工，尺码", nil, "", HandOverAsked)
	f("give me a HUMAN", nil, "", HandOverAsked)
	f("客服在吗", nil, "", HandOverAsked)
	f("hello", nil, "", HandOverNoAnswer)
	f("尺码?", []string{"size"}, "", HandOverRepeated)
	f("退货", []string{"size", "ship"}, "", HandOverLimit)
}

// TestBotNeverLoops: whatever a person says, the bot hands over after a few words,
// and at once when they ask for a human.
func TestBotNeverLoops(t *testing.T) {
	words := []string{"尺码", "size", "发货", "退货", "hi", "shipping abroad", "?"}
	rapid.Check(t, func(t *rapid.T) {
		var given []string
		for turn := 0; ; turn++ {
			if turn > MaxBotReplies {
				t.Fatalf("still with the bot after %d words", turn)
			}
			text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(words), 0, 4).Draw(t, "words"), " ")
			a, why := shop.Reply(text, given)
			if _, human := shop.Reply(text+HumanWords[turn%len(HumanWords)], given); human != HandOverAsked {
				t.Fatalf("asked for a human, the bot says %q", human)
			}
			if why != "" {
				return
			}
			given = append(given, a.ID)
		}
	})
}

// TestStates: no way leads back to the bot, and from everywhere one leads to a human.
func TestStates(t *testing.T) {
	for _, s := range States {
		if s.May(StateBot) {
			t.Errorf("%s may go back to the bot", s)
		}
		if !s.May(StateQueued) && s != StateQueued {
			t.Errorf("%s cannot reach the queue", s)
		}
		if !s.Valid() {
			t.Errorf("%s is no state", s)
		}
	}
	if StateQueued.May(StateQueued) || StateClosed.May(StateClosed) {
		t.Error("a session may go where it is")
	}
}

func TestWords(t *testing.T) {
	for text, ok := range map[string]bool{
		"": false, "  \n": false, "a": true, strings.Repeat("字", MaxMessageRunes): true, strings.Repeat("字", MaxMessageRunes+1): false, "a\x00b": false, "a\xff": false, "a\nb\tc": true,
	} {
		if got := CheckText("text", text, MaxMessageRunes) == nil; got != ok {
			t.Errorf("%.20q: taken %v, want %v", text, got, ok)
		}
	}
	tags, err := CheckTags([]string{"size", " vip", "size"})
	if err != nil || len(tags) != 2 || tags[0] != "size" || tags[1] != "vip" {
		t.Errorf("tags %q, %v", tags, err)
	}
	for name, err := range map[string]error{
		"unknown type":         CheckEntry("kiosk", "t", "", "", "", ""),
		"personal, of nobody":  CheckEntry(EntryPersonal, "t", "", "", "", ""),
		"of a person, general": CheckEntry(EntryShop, "t", "", "", "", "p"),
		"unknown persona":      CheckEntry(EntryShop, "t", "", "clown", "", ""),
		"no title":             CheckEntry(EntryShop, "", "", "", "", ""),
		"need":                 CheckEntry(EntryShop, "t", "", "", "a b", ""),
	} {
		if err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}
