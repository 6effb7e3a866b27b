// What jemalloc looks up when the process starts, before main(): it has to have just this name. On
// a node with many cores it would keep four arenas for each, whatever the container may use of
// them.
extern "C" {
extern const char* malloc_conf;
const char* malloc_conf = "narenas:4,dirty_decay_ms:2000,muzzy_decay_ms:0";
}
