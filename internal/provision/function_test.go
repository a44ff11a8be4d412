package provision

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A template that fills itself comes to an end.
func TestATemplateWithinItselfEnds(t *testing.T) {
	h := &House{Folder: t.TempDir(), Logger: slog.New(slog.DiscardHandler)}
	if err := os.WriteFile(filepath.Join(h.Folder, "self"), []byte("again "), 0o600); err != nil {
		t.Fatal(err)
	}
	var failed error
	h.Expand = func(ctx context.Context, _ map[string]string, text string) string {
		more, err := h.eachLine(ctx, "aabb,self")
		if err != nil {
			failed = err
		}
		return text + more
	}
	h.byMAC = map[string]*user{"aabb": {mac: "aabb", lines: []*Line{{MAC: "aabb"}}}}
	text, err := h.eachLine(t.Context(), "aabb,self")
	if n := strings.Count(text, "again"); err != nil || n != deepest || failed == nil {
		t.Errorf("it is there %d times, %v; the last one: %v; want %d times and an error", n, err, failed, deepest)
	}
}
