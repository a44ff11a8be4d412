package sip

import (
	"strings"
	"sync"
	"testing"
)

func TestIdentitiesDiffer(t *testing.T) {
	var mu sync.Mutex
	seen := map[string]bool{}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 2000 {
				for _, s := range []string{NewBranch(), NewTag(), NewCallID()} {
					mu.Lock()
					if seen[s] {
						t.Errorf("%s came twice", s)
					}
					seen[s] = true
					mu.Unlock()
				}
			}
		})
	}
	group.Wait()
	branch, tag, id := NewBranch(), NewTag(), NewCallID()
	if !strings.HasPrefix(branch, MagicCookie) || len(branch) != 7+24 || len(tag) != 16 || len(id) != 36 {
		t.Errorf("got %s, %s, %s", branch, tag, id)
	}
	if !isToken(branch) || !isToken(tag) || !isToken(id) {
		t.Errorf("%s, %s or %s is no token", branch, tag, id)
	}
}

func TestIdentityAllocations(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() { NewBranch() }); n > 1 {
		t.Errorf("a branch takes %v allocations, want 1", n)
	}
}

func BenchmarkNewBranch(b *testing.B) {
	for b.Loop() {
		NewBranch()
	}
}
