#!/usr/bin/env python3
"""Runs the official Python client against a server that plays OpenAI, and lets its types parse every answer.

Usage: python3 Tests/official_client.py BASE_URL      (BASE_URL as in http://127.0.0.1:PORT/v1)

Exits 0 when all holds or when the package `openai` is not there, and 1 with the first thing that does not hold.
"""
import io
import json
import sys
import time

try:
    import openai
except ImportError:
    print("skipped: the Python package `openai` is not installed")
    sys.exit(0)

import warnings

from openai.types import Batch, CreateEmbeddingResponse, FileDeleted, FileObject, ModerationCreateResponse
from openai.types.chat import ChatCompletion
from openai.types.responses import Response
from pydantic import BaseModel


def strictly(model, value):
    """Parses `value` again with validation on, which the client itself leaves off."""
    assert isinstance(value, model), f"{type(value)} is no {model}"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        raw = json.loads(value.to_json(exclude_unset=True))
        model.model_validate(raw, strict=False)
    no_strangers(value, model.__name__)
    return value


def no_strangers(value, path):
    """Every key of the answer is one that the client's types know."""
    if isinstance(value, BaseModel):
        assert not value.model_extra, f"{path} has unknown keys {list(value.model_extra)}"
        for name in value.model_fields_set:
            no_strangers(getattr(value, name), f"{path}.{name}")
    elif isinstance(value, list):
        for index, element in enumerate(value):
            no_strangers(element, f"{path}[{index}]")


def upload(client, rows, name="requests.jsonl", **more):
    text = "".join(json.dumps(row) + "\n" for row in rows)
    return client.files.create(file=(name, io.BytesIO(text.encode())), purpose="batch", **more)


def row(number, endpoint="/v1/chat/completions", **body):
    body = {"model": "gpt-5.4-mini", **(body or {"messages": [{"role": "user", "content": f"Say {number}"}]})}
    return {"custom_id": f"row-{number}", "method": "POST", "url": endpoint, "body": body}


def settled(client, batch, patience=60):
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        batch = strictly(Batch, client.batches.retrieve(batch.id))
        if batch.status in ("completed", "failed", "expired", "cancelled"):
            return batch
        time.sleep(0.02)
    raise AssertionError(f"{batch.id} is still {batch.status} after {patience} s")


def create(client, file, endpoint="/v1/chat/completions", **more):
    return strictly(
        Batch, client.batches.create(input_file_id=file.id, endpoint=endpoint, completion_window="24h", **more))


def refused(error, call):
    try:
        call()
    except error as refusal:
        assert refusal.request_id, "a refusal without a request id"
        assert refusal.body and refusal.body["message"], f"a refusal without a message: {refusal.body}"
        return refusal
    raise AssertionError(f"no {error.__name__}")


def files(client):
    first = strictly(FileObject, upload(client, [row(1)], expires_after={"anchor": "created_at", "seconds": 3600}))
    assert first.purpose == "batch" and first.filename == "requests.jsonl" and first.status == "processed"
    assert first.expires_at == first.created_at + 3600
    assert strictly(FileObject, client.files.retrieve(first.id)) == first
    assert json.loads(client.files.content(first.id).text) == row(1)
    second = upload(client, [row(2)])
    listed = [file.id for file in client.files.list(purpose="batch", limit=1)]
    assert listed[:2] == [second.id, first.id], listed
    assert strictly(FileDeleted, client.files.delete(first.id)).deleted
    refused(openai.NotFoundError, lambda: client.files.retrieve(first.id))
    refused(openai.BadRequestError, lambda: upload(client, [row(1)], name="requests.csv"))
    refused(openai.BadRequestError, lambda: upload(client, []))


def life(client):
    file = upload(client, [row(number) for number in range(1, 21)])
    batch = create(client, file, metadata={"name": "twenty"})
    assert batch.status == "validating" and batch.metadata == {"name": "twenty"}, batch
    batch = settled(client, batch)
    assert batch.status == "completed" and batch.completed_at and batch.in_progress_at and batch.finalizing_at
    assert batch.request_counts.total == batch.request_counts.completed == 20, batch.request_counts
    assert batch.usage.total_tokens > 0 and batch.model == "gpt-5.4-mini" and batch.error_file_id is None
    lines = [json.loads(line) for line in client.files.content(batch.output_file_id).iter_lines()]
    assert sorted(line["custom_id"] for line in lines) == sorted(f"row-{n}" for n in range(1, 21))
    for line in lines:
        completion = ChatCompletion.model_validate(line["response"]["body"])
        no_strangers(completion, "ChatCompletion")
        assert completion.choices[0].message.content == f"Say {line['custom_id'][4:]}"
    refused(openai.ConflictError, lambda: client.with_options(max_retries=0).batches.cancel(batch.id))


def endpoints(client):
    rows = {
        "/v1/responses": (row(1, "/v1/responses", input="Hello"), Response),
        "/v1/embeddings": (row(1, "/v1/embeddings", input=["Hello", "you"]), CreateEmbeddingResponse),
        "/v1/moderations": (row(1, "/v1/moderations", input="Hello"), ModerationCreateResponse),
    }
    for endpoint, (line, model) in rows.items():
        batch = settled(client, create(client, upload(client, [line]), endpoint))
        body = json.loads(client.files.content(batch.output_file_id).text)["response"]["body"]
        no_strangers(model.model_validate(body), model.__name__)
    reply = client.chat.completions.create(model="gpt-5.4-mini", messages=[{"role": "user", "content": "now"}])
    assert strictly(ChatCompletion, reply).choices[0].message.content == "now"
    assert client.responses.create(model="gpt-5.4-mini", input="now").output_text == "now"
    assert len(client.embeddings.create(model="text-embedding-3-small", input="now").data[0].embedding) == 8


def failures(client):
    broken = row(2)
    broken["url"] = "/v1/embeddings"
    batch = settled(client, create(client, upload(client, [row(1), broken])))
    assert batch.status == "failed" and batch.failed_at, batch
    assert [(error.code, error.line) for error in batch.errors.data] == [("invalid_url", 2)], batch.errors
    refused(openai.NotFoundError, lambda: client.batches.retrieve("batch_unknown"))
    file = upload(client, [row(1)])
    for wrong in ({"endpoint": "/v1/nothing"}, {"completion_window": "1h"}, {"input_file_id": "file-none"}):
        order = {"input_file_id": file.id, "endpoint": "/v1/chat/completions", "completion_window": "24h", **wrong}
        refused(openai.BadRequestError, lambda: client.batches.create(**order))


def cancel_and_list(client):
    batch = create(client, upload(client, [row(number) for number in range(1, 6)]))
    cancelled = strictly(Batch, client.batches.cancel(batch.id))
    assert cancelled.status == "cancelling" and cancelled.cancelling_at, cancelled
    assert settled(client, batch).status == "cancelled"
    listed = [strictly(Batch, batch).id for batch in client.batches.list(limit=2)]
    assert listed[0] == batch.id and len(listed) == len(set(listed)) >= 5, listed


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: official_client.py BASE_URL")
    client = openai.OpenAI(base_url=sys.argv[1], api_key="sk-test", max_retries=2)
    for part in (files, life, endpoints, failures, cancel_and_list):
        part(client)
        print(f"{part.__name__}: holds")
    print(f"the official client {openai.__version__} understands every answer")


main()
