export const handle = async ({ Records }) => {
  for (const { body } of Records) console.log("did", JSON.parse(body).id, process.version);
  return { batchItemFailures: [] };
};
