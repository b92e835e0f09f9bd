/* An autograd library of another build: it knows no plugin's stamp. */
typedef void* (*factory)(void);

factory offload_autograd_factory(const char* stamp);

factory offload_autograd_factory(const char* stamp) {
  (void)stamp;
  return 0;
}
