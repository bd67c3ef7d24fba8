package live

import (
	"fmt"
	"testing"
)

func TestProductTitle(t *testing.T) {
	for _, c := range []struct {
		titles []string // of SKUs in the order they are told
		want   string
	}{
		{nil, ""},
		{[]string{"Cast-iron pot 24 cm"}, "Cast-iron pot 24 cm"},
		{[]string{"亚麻衬衫 Linen shirt (S)", "亚麻衬衫 Linen shirt (M)", "亚麻衬衫 Linen shirt (L)"}, "亚麻衬衫 Linen shirt"},
		{[]string{"跑鞋 Running shoe (40)", "跑鞋 Running shoe (42)"}, "跑鞋 Running shoe"},
		{[]string{"跑鞋（40）", "跑鞋（42）"}, "跑鞋"},
		{[]string{"Knife 20 cm", "Knife 24 cm"}, "Knife"},
		{[]string{"Knife", "Knife, large"}, "Knife"},
		{[]string{"Tea – green", "Tea – black"}, "Tea"},
		{[]string{"Kettle", "Ketchup"}, "Ketchup"}, // no word in common
		{[]string{"Red shirt", "Blue shirt"}, "Blue shirt"},
		{[]string{"Shirt", "Shirt"}, "Shirt"},
	} {
		var p ProductTitles
		for i, title := range c.titles {
			p.Add(SKUID(fmt.Sprint("k", i)), title)
		}
		if got := p.Title(); got != c.want {
			t.Errorf("SKUs %q: the product is called %q, want %q", c.titles, got, c.want)
		}
	}
}

func TestProductTitleIsNewest(t *testing.T) {
	var p ProductTitles
	p.Add("k1", "Kinfe (S)")
	p.Add("k1", "Knife (S)")
	if got := p.Title(); got != "Knife (S)" {
		t.Errorf("a SKU that was called anew: %q", got)
	}
	p.Add("k2", "Knife (L)")
	p.Add("k2", "")
	if got := p.Title(); got != "Knife" {
		t.Errorf("with a second SKU: %q", got)
	}
	p.Add("", "Pan")
	if got := p.Title(); got != "Knife" {
		t.Errorf("SKUs say more than their product: %q", got)
	}
}
