"""Asks a server as people's Python programs do; prints what came, as JSON. Usage: python_clients.py URL"""
import asyncio
import json
import sys
import urllib.request

import numpy as np
import tritonclient.http as triton

url, model, texts = sys.argv[1], "sentiment-en", ["I love programming", "A dull mess"]
found = {}

client = triton.InferenceServerClient(url=url.removeprefix("http://"))
found["triton ready"] = [client.is_server_live(), client.is_server_ready(), client.is_model_ready(model)]
found["triton absent model ready"] = client.is_model_ready("absent")
found["triton metadata"] = [client.get_server_metadata()["extensions"], client.get_model_metadata(model)["inputs"][0]["name"]]
for binary in (True, False):
    given = triton.InferInput("text", [2], "BYTES")
    given.set_data_from_numpy(np.array(texts, dtype=object), binary_data=binary)
    result = client.infer(model, [given], request_id="7")
    found[f"triton labels, binary {binary}"] = result.as_numpy("label")[:, 0].tolist()
    found[f"triton probabilities, binary {binary}"] = result.as_numpy("probability").sum(axis=1).tolist()
    found[f"triton id, binary {binary}"] = result.get_response()["id"]
try:
    client.infer("absent", [given])
except triton.InferenceServerException as error:
    found["triton refusal"] = [error.status(), error.message()]
client.close()


def post(path, body):
    request = urllib.request.Request(url + path, json.dumps(body).encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(request) as response:
        return json.load(response)


tensor = {"name": "text", "shape": [2], "datatype": "BYTES", "data": texts}
explained = post(f"/v2/models/{model}/explain", {"inputs": [tensor], "parameters": {"method": "lrp", "checks": False}})
found["explained texts"] = [json.loads(one)["text"] for one in explained["outputs"][0]["data"]]
[insight] = post(f"/explanations/{model}", {"text": texts[0], "target": "positive"})
found["torchserve"] = [len(insight["words"]), len(insight["importances"]), abs(insight["delta"]) < 100]
found["torchserve predictions"] = max(post(f"/predictions/{model}", {"text": texts[0]}).items(), key=lambda one: one[1])[0]

try:
    from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig
except ImportError:
    InferenceRESTClient = None

if InferenceRESTClient:
    async def kserve():
        v1 = InferenceRESTClient(RESTConfig(protocol="v1", timeout=120))
        found["kserve v1 ready"] = await v1.is_model_ready(url, model)
        found["kserve v1 predict"] = [
            answers[0]["label"] for answers in (await v1.infer(url, {"instances": texts}, model_name=model))["predictions"]
        ]
        found["kserve v1 explain"] = [
            one[0]["type"] for one in (await v1.explain(url, model, {"instances": texts}))["explanations"]
        ]
        v2 = InferenceRESTClient(RESTConfig(protocol="v2", timeout=120))
        found["kserve v2 ready"] = [await v2.is_server_live(url), await v2.is_server_ready(url), await v2.is_model_ready(url, model)]
        given = InferInput("text", [2], "BYTES")
        given.set_data_from_numpy(np.array(texts, dtype=object), binary_data=True)
        result = await v2.infer(url, InferRequest(model_name=model, infer_inputs=[given]), model_name=model)
        [label] = [output for output in result.outputs if output.name == "label"]
        found["kserve v2 labels"] = [str(one) for one in label.as_numpy()[:, 0].tolist()]
        await v1.close()
        await v2.close()

    asyncio.run(kserve())

print(json.dumps(found))
